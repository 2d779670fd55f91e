"""Where AGI is listened for, and for whom, as the settings say it."""

from ipaddress import ip_network

import pytest

from ivrflow.config import BadConfig
from ivrflow.service.scripts import agi_settings
from tests.unit.service.test_service import SETTINGS, installed


def read(folder, agi):
    return agi_settings(installed(folder, f"{SETTINGS}{agi}\n")[0])


def test_without_it_nothing_listens(tmp_path):
    assert read(tmp_path, "") is None


def test_left_out_it_is_this_machine_alone(tmp_path):
    found = read(tmp_path, "agi: {port: 4573}")

    assert (found.host, found.port, found.connections) == ("127.0.0.1", 4573, 200)
    assert found.peers == (ip_network("127.0.0.1/32"),)


def test_peers_are_addresses_and_networks(tmp_path):
    found = read(tmp_path, 'agi: {host: 10.0.0.1, peers: [10.0.0.5, "fd00::/64"]}')

    assert found.peers == (ip_network("10.0.0.5/32"), ip_network("fd00::/64"))
    assert read(tmp_path, "agi: {peers: 10.0.0.5}").peers == (
        ip_network("10.0.0.5/32"),
    )


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        ("pbx", "write 10.0.0.5 or 10.0.0.0/28"),
        ("10.0.0.1/8", "write 10.0.0.5 or 10.0.0.0/28"),
        ("0.0.0.0/0", "list the Asterisks, not everybody"),
        ('"::/0"', "list the Asterisks, not everybody"),
    ],
)
def test_what_is_no_peer_is_refused_with_its_place(tmp_path, peer, said):
    with pytest.raises(BadConfig) as bad:
        read(tmp_path, f"agi: {{peers: [{peer}]}}")

    assert said in str(bad.value)
    assert "ivrflow.yaml:7:15" in str(bad.value), "where the peer stands"
