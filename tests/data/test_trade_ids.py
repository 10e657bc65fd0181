from tradegen.data.trade_ids import new_prefix


def test_new_ids_are_unlike_those_in_gold() -> None:
    assert new_prefix(["a", "b"]) == "syn-"
    assert new_prefix(["a", "syn-00000001"]) == "xsyn-"
    assert new_prefix(["syn-1", "xsyn-2"]) == "xxsyn-"
