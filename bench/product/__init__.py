"""The product's side of the benchmark: its data, made by its own services."""
