"""What the tests share; the folders below mirror the packages."""
