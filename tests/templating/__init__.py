"""Tests of the templating part."""
