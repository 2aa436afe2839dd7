"""The way of a message stays as short as it is."""

from benchmarks.paths import MESSAGE, paths, table


def test_a_message_runs_through_seven_functions_and_none_of_rxpy() -> None:
    found = paths()
    print("\n" + "\n".join(table(found)))
    message = found[MESSAGE]
    assert (len(message.calls), message.of_rxpy) == (7, 0), message.calls


def test_a_subscription_takes_no_more_files_than_it_took() -> None:
    files = set().union(*(stage.files for stage in paths().values()))
    assert len(files) <= 47  # those of 0.1.0
