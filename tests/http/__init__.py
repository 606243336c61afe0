"""Tests of the http part."""
