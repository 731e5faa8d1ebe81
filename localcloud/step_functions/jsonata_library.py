"""The JSONata library, which on being imported lets all of the process recurse ten times as deep: not here."""

import sys
from importlib import import_module

_limit = sys.getrecursionlimit()
JException = import_module("jsonata.jexception").JException
Jsonata = import_module("jsonata.jsonata").Jsonata
Utils = import_module("jsonata.utils").Utils
sys.setrecursionlimit(_limit)
