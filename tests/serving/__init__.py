"""Tests of the serving part."""
