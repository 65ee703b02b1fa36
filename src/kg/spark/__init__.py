"""The columns on a cluster: the SQL that `kg.columnar` compiles, run by Spark over Parquet files.

`kg.columnar.parquet` writes the files. `dialect` translates the SQL, `session` runs it.
"""
