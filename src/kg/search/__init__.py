"""Search in the texts of a dataset: any substring of Chinese, either script, pinyin, initials."""
