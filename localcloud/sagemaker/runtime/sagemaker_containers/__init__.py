"""Stands in a hosted model's process for the package of that name, which its image has: what inference scripts use.

The real one (2.8.6.post2, the last) is pinned to a Flask of 2019 and does not import on a Python of today without the
patch that AWS's images give it. The tests of toolkits run both on the same requests.
"""
