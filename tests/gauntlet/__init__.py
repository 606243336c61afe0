"""What has hurt frameworks before, row by row, and what a client can make the server do.

``rows.txt`` lists every row with the tests that hold it (`test_account` keeps it true);
`test_bounds` holds the cost of an input to its size and to the configured limits.
"""
