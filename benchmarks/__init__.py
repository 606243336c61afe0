"""The promises about speed as commands: microweb beside its peers, in one run, as ratios.

``python -m benchmarks`` runs everything; ``python -m benchmarks requests router`` only what is
named. A peer that is not installed is named and left out; ``pip install '.[peers]'`` brings them.
"""
