import json

import pytest

from ivrflow.asterisk.ari import generate

DESCRIBED = {
    "resourcePath": "/api-docs/lamps.{format}",
    "apis": [
        {
            "path": "/lamps/{lampId}",
            "operations": [
                {
                    "httpMethod": "GET",
                    "nickname": "list",
                    "summary": "Look at\n a lamp's <i>state</i>",
                    "responseClass": "List[Lamp]",
                    "parameters": [
                        {
                            "name": "lampId",
                            "paramType": "path",
                            "dataType": "string",
                        },
                        {
                            "name": "from",
                            "paramType": "query",
                            "dataType": "string",
                            "required": True,
                        },
                        {
                            "name": "onlyLit",
                            "paramType": "query",
                            "dataType": "boolean",
                        },
                    ],
                }
            ],
        }
    ],
    "models": {
        "Lamp": {
            "properties": {
                "isLit": {"type": "boolean", "required": True},
                "next": {"type": "Lamp"},
            }
        },
        "Message": {"properties": {"type": {"type": "string"}}, "subTypes": ["Event"]},
        "Event": {"properties": {}, "subTypes": ["LampLit"]},
        "LampLit": {"properties": {"lamp": {"type": "Lamp", "required": True}}},
    },
}


@pytest.fixture
def written(tmp_path):
    (tmp_path / "lamps.json").write_text(json.dumps(DESCRIBED))
    return generate.read(tmp_path)


def test_a_model_becomes_a_struct_with_our_names_and_those_of_the_wire(written):
    source = written["models"]

    assert "class Lamp(msgspec.Struct, frozen=True, kw_only=True):" in source
    assert 'is_lit: bool = msgspec.field(name="isLit")' in source
    assert "next: Lamp | None = None" in source


def test_an_event_is_known_by_its_type(written):
    source = written["event_models"]

    assert "class LampLit(Event, frozen=True, kw_only=True):" in source
    assert "lamp: models.Lamp" in source
    assert "AnyEvent = (LampLit)" in source


def test_an_operation_becomes_a_method(written):
    source = written["lamps"]

    assert "class Lamps(Operations):" in source
    assert (
        "async def list(self, lamp_id: str, from_: str, *, "
        "only_lit: bool | None = None) -> builtins.list[models.Lamp]:" in source
    )
    assert '"""Look at a lamp\'s state."""' in source
    assert '"GET", f"/lamps/{quoted(lamp_id)}"' in source
    assert 'parameters={"from": from_, "onlyLit": only_lit}' in source


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("addChannel", "add_channel"),
        ("sendDTMF", "send_dtmf"),
        ("from", "from_"),
        ("refer_to", "refer_to"),
    ],
)
def test_names_are_made_pythons(theirs, ours):
    assert generate.identifier(theirs) == ours


def test_without_a_folder_it_says_how_it_is_used(capsys):
    assert generate.main([]) == 2
    assert "python -m ivrflow.asterisk.ari.generate" in capsys.readouterr().err


def test_every_module_has_a_readable_length():
    for path in generate.WIRE.glob("*.py"):
        assert len(path.read_text().splitlines()) <= 700, path.name
