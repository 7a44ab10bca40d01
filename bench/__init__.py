"""The benchmark: the product beside a bare floor, measured in the same run (docs/performance.md)."""
