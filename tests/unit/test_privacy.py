"""What leaves the machine: no secret, no document that was kept out, no key that others can read."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import RetrievalError, SettingsError
from jupyter_mccom.privacy.ignore import Ignored
from jupyter_mccom.privacy.keys import key_from
from jupyter_mccom.privacy.masked_engine import MaskedEngine
from jupyter_mccom.privacy.secrets import Masking
from jupyter_mccom.types import Chunk, Prompt, Token

# Written in two parts, so that nobody's scanner takes them for real ones.
SECRETS = [
    'key = "AKIA' + 'IOSFODNN7EXAMPLE"|AKIA' + "IOSFODNN7EXAMPLE",
    'aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG' + '/bPxRfiCYEXAMPLEKEY"|bPxRfiCYEXAMPLEKEY',
    'token = "ghp_' + 'abcdefghijklmnopqrstuvwxyz0123456789"|ghp_',
    'headers = {"Authorization": "Bearer ' + 'abc.def-123456789012345"}|abc.def-1234',
    'openai.api_key = "sk-' + 'proj-abcdefghijklmnopqrstuvwx"|proj-abcdef',
    'client = Anthropic(api_key="sk-ant-' + 'api03-abcdefghijklmnop")|ant-api03',
    'login("hf_' + 'abcdefghijklmnopqrstuvwxyz01")|hf_abc',
    'password = "hunter2hunter2"|hunter2hunter2',
    "db_password = 'correct-horse'|correct-horse",
    'engine = create_engine("postgresql://ann:s3cretpw' + '@db/x")|s3cretpw',
    'jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3In0.' + 'dozjgNryP4J3jVmNHl0w5N_XgL"|dozjgNry',
    'slack = "xoxb-' + '123456789012-1234567890123-abcdefghijklmnopqrstuvwx"|xoxb-1',
    'stripe.api_key = "sk_live_' + 'abcdefghijklmnopqrstuvwx"|sk_live_',
    'maps = "AIza' + 'SyA1234567890abcdefghijklmnopqrstuvw"|AIzaSy',
    'sendgrid = "SG.' + 'abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"|SG.abc',
    'npm = "//registry.npmjs.org/:_authToken=npm_' + 'abcdefghijklmnopqrstuvwxyz0123456789"|npm_abc',
    'pypi = "pypi-AgEIcHlwaS5vcmc' + 'C' + "a" * 70 + '"|pypi-Ag',
    'secret = "0123456789abcdef0123456789' + 'abcdef"|0123456789abcdef',
    'salt = "c3VwZXIgbG9uZyBzdHJpbmcgc2hvdWxkIGNhdXNl' + 'IGVub3VnaCBlbnRyb3B5"|c3VwZXIg',
    'glpat = "glpat-' + 'abcdefghij0123456789"|glpat-abc',
    'conn = "AccountKey=' + "lJzRc1YdHaAA2KCNJJ1tkYwF/+mKK6Ygw0NGe" + "A" * 49 + '==' + '"|lJzRc1Yd',
    "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----|MIIEow",
]  # fmt: skip
ORDINARY = [
    "password = os.environ['DB_PASSWORD']",
    "token = tokenizer.decode(ids)",
    "api_key = getpass.getpass()",
    "next_token_id = tokens[-1]",
    "x_train, x_test, y_train, y_test = train_test_split(features, labels)",
    'url = "https://example.org/data/housing/housing.tgz"',
    "from sklearn.model_selection import cross_val_score",
    "self.password = password",
]


@pytest.mark.parametrize("case", SECRETS, ids=lambda case: case.partition(" ")[0])
def test_secrets_do_not_leave(case: str) -> None:
    text, _, secret = case.rpartition("|")
    masking = Masking()
    masked = masking.mask(f"import os\n{text}\nprint(1)")
    assert secret not in masked
    assert masking.restore(masked) == f"import os\n{text}\nprint(1)"


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_code_stays_as_it_is(line: str) -> None:
    assert Masking().mask(line) == line


def test_the_same_secret_has_one_placeholder_in_a_request() -> None:
    masking, line = Masking(), 'password = "hunter2hunter2"'
    assert masking.mask(line) == masking.mask(line)
    assert masking.secrets == 1


@given(st.text(alphabet="ab1_=\"' \n:/@.MCOSERT", max_size=80))
def test_what_is_masked_can_be_restored(text: str) -> None:
    masking = Masking()
    assert masking.restore(masking.mask(text)) == text


class _Recording(ScriptedEngine):
    """Remembers what it was given and writes the typed line again, in pieces of 5 characters."""

    def __init__(self) -> None:
        super().__init__({})
        self.given = ""

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        texts = [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed, prompt.suffix, draft]
        self.given = "\n".join(texts)
        for start in range(0, len(draft), 5):
            yield Token(text=draft[start : start + 5], prob=0.5)


async def test_the_cloud_sees_placeholders_and_its_echo_is_mended() -> None:
    secret = "hunter2" * 3
    line = f'password = "{secret}"'
    chunk = Chunk(source="cell 1", first_line=1, last_line=1, text=line)
    inner = _Recording()
    engine = MaskedEngine(inner)
    prompt = Prompt(chunks=(chunk,), prefix=line + "\n", typed="login(", suffix="\n" + line)
    draft = f'password="{secret}", again="{secret}")'
    async with aclosing(engine.generate(prompt, max_tokens=9, draft=draft)) as stream:
        text = "".join([token.text async for token in stream])
    assert secret not in inner.given
    assert text == draft


def test_patterns_keep_documents_out(tmp_path: Path) -> None:
    ignored = Ignored(tmp_path)
    assert not ignored.covers("clients/a.ipynb")
    (tmp_path / ".mccomignore").write_text("clients/\n*.secret.py\n!open.secret.py\n")
    found = [ignored.covers(name) for name in ("clients/a.ipynb", "x/b.secret.py", "open.secret.py", "c.py")]
    assert found == [True, True, False, False]
    (tmp_path / ".mccomignore").write_text("c.py\n")
    os.utime(tmp_path / ".mccomignore", ns=(1, 1))
    assert ignored.covers("c.py")


def test_patterns_outside_the_project_are_refused(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "elsewhere").write_text("*\n")
    (project / ".mccomignore").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RetrievalError, match="outside the project"):
        Ignored(project).covers("a.py")


def test_a_key_from_the_environment_or_from_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", " k1\n")
    assert (key_from("MY_KEY", ""), key_from("", "")) == ("k1", "")
    with pytest.raises(SettingsError, match="NO_KEY is not set"):
        key_from("NO_KEY", "")
    file = tmp_path / "key"
    file.write_text("k2\n")
    file.chmod(stat.S_IRUSR)
    assert key_from("", str(file)) == "k2"
    file.chmod(stat.S_IRUSR | stat.S_IRGRP)
    with pytest.raises(SettingsError, match="chmod 600") as refused:
        key_from("", str(file))
    assert "k2" not in str(refused.value)
    with pytest.raises(SettingsError, match="cannot be read"):
        key_from("", str(tmp_path / "none"))
