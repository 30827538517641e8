"""What a run recorded, in Parquet."""
