"""Who speaks what nobody has recorded."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ivrflow.config.kinds import Argument, Folder, SecretFile, Url
from ivrflow.flow.kind import Part
from ivrflow.flow.kinds import Duration, Number, Plain, Whole


class VoiceOf(Part):
    """Who speaks one language."""

    provider: Literal["espeak-ng", "kokoro", "command", "http"] = Field(
        alias="with", description="What speaks.", examples=["espeak-ng"]
    )
    voice: Plain = Field(
        Plain(""),
        description="Its own name for the voice; left out: its usual one.",
        examples=["en-gb"],
    )
    speed: Number = Field(Number(1), description="How fast: 0.5 to 2; 1 is usual.")
    command: tuple[Argument, ...] = Field(
        (),
        description=(
            "Of `command`: the program and its arguments, run without a shell. The "
            "text comes by standard input, or in `{text_file}`; the WAV goes to "
            "standard output, or to `{out}`. Also `{voice}` `{language}` `{speed}`."
        ),
        examples=[["/usr/local/bin/speak", "--out", "{out}"]],
    )
    url: Url = Field(
        Url(""),
        description="Of `http`: where a text is posted.",
        examples=["https://speech.example.com/say"],
    )
    token_file: SecretFile | None = Field(
        None,
        description="Of `http`: the file that holds the bearer token.",
        examples=["/etc/ivrflow/secrets/speech"],
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needs = {"command": bool(self.command), "http": bool(self.url)}
        for provider, given in needs.items():
            if (self.provider == provider) is not given:
                key = "command" if provider == "command" else "url"
                how = "needs" if self.provider == provider else "takes no"
                raise ValueError(f"with: {self.provider} {how} {key}:")
        if not 0.5 <= float(self.speed) <= 2:
            raise ValueError("speed: is 0.5 to 2")
        return self


class SpeechAt(Part):
    """What speaks a text that nobody has recorded. Left out: such texts are silent."""

    voices: dict[Plain, VoiceOf] = Field(
        min_length=1,
        description="Language, such as `en` or `zh-CN` -> its voice.",
        examples=[{"en": {"with": "espeak-ng"}}],
    )
    cache: Folder = Field(
        description="The folder of what was spoken; Asterisk must be able to read it.",
        examples=["/var/cache/ivrflow/speech"],
    )
    most: Whole = Field(Whole(500), description="Megabytes that are kept there.")
    within: Duration = Field(
        Duration(3), description="A caller waits so long for a text to be spoken."
    )
    processes: Whole = Field(
        Whole(1),
        description="Programs that speak at once; kokoro takes 400 MB in each.",
    )
