from converters.variants.kinds import common_names


def test_names_are_bare_and_none_is_of_two_kinds_of_ids():
    lists = [value for name, value in vars(common_names).items() if name.isupper()]
    assert len(lists) == 7
    for names in lists:
        assert all(name.isalnum() and name == name.lower() for name in names)
        assert len(set(names)) == len(names)
    assert not set(common_names.TRANSCRIPTS) & set(common_names.OTHER_IDS)
