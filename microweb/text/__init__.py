"""The ground floor: what HTTP, URLs, pages and messages are made of.

Every other part of the package may import from here, and nothing here imports from them. Start with
`tokens` (the grammar of header fields) and `quoting` (percent-encoding); the others are short.
"""
