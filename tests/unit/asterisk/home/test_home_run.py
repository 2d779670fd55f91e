from ivrflow.asterisk.home import run


def test_the_last_words_are_those_of_the_logs(tmp_path):
    assert "has no log" in run._last_words(tmp_path)
    (tmp_path / "messages.log").write_text("one\ntwo\n")
    assert run._last_words(tmp_path, 1) == ";\n  messages.log: two"


def test_a_users_own_file_is_not_replaced_by_a_link(tmp_path):
    for name in ("theirs", "ours"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sound.wav").write_text(name)
    run._link_all(tmp_path / "theirs", tmp_path / "ours")
    assert (tmp_path / "ours/sound.wav").read_text() == "ours"


def test_a_port_that_it_can_not_have_is_found_in_the_log_of_this_run(tmp_path):
    path = tmp_path / "messages.log"
    path.write_text(
        "[16:53] ERROR[1] tcptls.c: Unable to bind AMI server to 127.0.0.1:1: in use\n"
    )
    log = run._Log(path)
    assert log.port_taken() == ""
    with path.open("a") as file:
        file.write(
            "[16:53] ERROR[27] res_pjsip/config_transport.c: Transport 'transport-udp' "
            "could not be started: Address already in use\n"
        )
    assert log.port_taken().endswith("started: Address already in use")
