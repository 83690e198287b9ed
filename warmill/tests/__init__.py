"""Tests of this package; they need nothing but what it needs, and use more where it is there."""
