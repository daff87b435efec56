"""What must never leave the machine, what may, and that masking can be undone."""

from __future__ import annotations

import ast
import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.privacy.secrets import PLACEHOLDER, Masking

MIXED = "aB3dE5gH7jK9mN1pQ4sT6vW8yZ0" * 4
LOWER = "a1b2c3d4e5f60718293a4b5c6d7e8f90" * 2
BODY = "\n".join(["MIIEpAIBAAKCAQEA" + MIXED[:48]] * 6 + ["q8Zt=="])
# Put together here, so that scanners find nothing in this repository.
BARE = {
    "aws id": "AKIA" + "IOSFODNN7EXAMPL2",
    "github classic": "ghp" + "_" + MIXED[:36],
    "github fine-grained": "github" + "_pat_" + MIXED[:22] + "_" + MIXED[:59],
    "gitlab": "glpat" + "-" + MIXED[:20],
    "openai": "sk" + "-" + MIXED[:20] + "T3Blbk" + "FJ" + MIXED[:20],
    "openai project": "sk" + "-proj-" + MIXED[:60],
    "anthropic": "sk" + "-ant-api03-" + MIXED[:80],
    "hugging face": "hf" + "_" + MIXED[:34],
    "google api": "AIza" + "SyD-" + MIXED[:31],
    "google oauth": "ya29" + "." + MIXED[:60],
    "slack bot": "xox" + "b-123456789012-1234567890123-" + MIXED[:24],
    "slack hook": "https://hooks.slack.com/services/" + "T0123ABCD/B0123ABCD/" + MIXED[:24],
    "stripe": "sk" + "_live_" + MIXED[:24],
    "stripe restricted": "rk" + "_live_" + MIXED[:24],
    "sendgrid": "SG" + "." + MIXED[:22] + "." + MIXED[:43],
    "twilio": "SK" + LOWER[:32],
    "mailchimp": LOWER[:32] + "-us12",
    "telegram": "123456789" + ":" + "AA" + MIXED[:33],
    "pypi": "pypi-" + "AgEIcHlwaS5vcmc" + MIXED[:80],
    "npm": "npm" + "_" + MIXED[:36],
    "groq": "gsk" + "_" + MIXED[:52],
    "databricks": "dapi" + LOWER[:32],
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + MIXED[:43],
    "pem": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + BODY + "\n-----END RSA " + "PRIVATE KEY-----",
}
HALVES = [
    "-----BEGIN OPENSSH " + "PRIVATE KEY-----\n" + BODY[:300],
    "-----BEGIN " + "PRIVATE KEY-----\\n" + MIXED[:64] + "\\n" + MIXED[:64],
    BODY + "\n-----END " + "PRIVATE KEY-----",
]
NAMED = {
    "password": ("password = '{}'", "Tr0ub4dor&3"),
    "word as a password": ('db_password="{}"', "sunflower"),
    "passphrase with spaces": ("password: '{}'", "correct horse battery"),
    "two on a line": ("login(password='first1!', api_key='{}')", "second2!"),
    "two in one call": ("login(password='first1!', password='{}')", "second2!"),
    "open quote at the end": ("api_key = '{}", "zq81-open"),
    "dictionary": ("{{'secret': '{}'}}", "k1tt3n"),
    "environment": ("os.environ['SERVICE_API_KEY'] = '{}'", "plainplain"),
    "setdefault": ("os.environ.setdefault('DB_PASSWORD', '{}')", "pl4in!plain"),
    "token": ("access_token = '{}'", "4f9a-77b1-c2d3-e4f5"),
    "aws secret": ("aws_secret_access_key = '{}'", "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY"),
    "basic auth": ("psql('postgresql://me:{}@db.local/x')", "p@ss:w0rd"),
    "bearer": ("headers = {{'Authorization': 'Bearer {}'}}", "abcDEF123456.ghi"),
    "curl": ("!curl -H 'Authorization: token {}' https://x.org", "0123abcd4567efab"),
    "env magic": ("%env OPENAI_API_KEY={}", "plain-secret"),
    "set_env magic": ("%set_env DB_PASSWORD {}", "plain-secret"),
    "dotenv": ("DB_PASSWORD={}", "hunter2hunter2"),
    "yaml": ("  password: {}", "hunter2hunter2"),
    "azure": ("c = 'AccountName=a;AccountKey={};'", (MIXED[:86] + "==")),
    "shared access signature": ("url = 'https://a.blob.core.windows.net/c?sv=1&sig={}'", MIXED[:40] + "%3D"),
    "random base64": ("client = Client('{}')", "Zx9+kQ2/vB7nM4pL8sT1wY6uR3eD5cFg"),
    "random hex": ("client = Client('{}')", LOWER[:40]),
    "r": ("password <- '{}'", "pl4in!plain"),
}
ORDINARY = [
    "import pandas as pd\nfrom sklearn.model_selection import train_test_split2, GridSearchCV",
    "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')\npad_token = '<pad>'",
    "password = getpass.getpass('Password: ')",
    "api_key = os.environ['OPENAI_API_KEY']\ntoken = os.getenv('HF_TOKEN')",
    "url = f'postgresql://{user}:{password}@{host}/db'",
    "api_key = '<your key>'; password = '***'; secret = '{secret}'",
    "df.to_csv('/content/drive/MyDrive/2019/data_set_final_v2.csv')",
    "assert sha256 == 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
    "see https://github.com/user/repo@v1.2.3 and mail me@example.org",
    "if '-----BEGIN " + "PRIVATE KEY-----' in text:\n    raise ValueError(text)",
    "model.get_layer('mixed_float16_batch_normalization_17').output_shape",
]


@pytest.mark.parametrize("secret", BARE.values(), ids=BARE.keys())
@pytest.mark.parametrize("around", ["{}", "x = '{}'", "# see {} there", "f({})"])
def test_a_token_of_a_known_shape_never_leaves(secret: str, around: str) -> None:
    """A secret of a known shape is masked wherever it stands, and comes back."""
    text = "import os\n" + around.format(secret) + "\nprint(1)"
    masking = Masking()
    masked = masking.mask(text)
    assert not any(line in masked for line in secret.splitlines() if len(line) > 6)
    assert masked.startswith("import os\n")
    assert masked.endswith("print(1)")
    assert masking.restore(masked) == text


@pytest.mark.parametrize("half", HALVES)
def test_a_private_key_that_the_prompt_cut_never_leaves(half: str) -> None:
    """Half of a private key is masked and comes back."""
    text = f"import os\n{half}\nprint(1)"
    masking = Masking()
    masked = masking.mask(text)
    assert masked.split(PLACEHOLDER)[0].strip() == "import os"
    assert masked.endswith("print(1)")
    assert len(masked) < 60
    assert masking.restore(masked) == text


@pytest.mark.parametrize(("line", "secret"), NAMED.values(), ids=NAMED.keys())
def test_a_value_of_a_secret_name_never_leaves(line: str, secret: str) -> None:
    """A value that is assigned to a secret name is masked and comes back."""
    text = f"a = 1\n{line.format(secret)}\nb = 2"
    masking = Masking()
    masked = masking.mask(text)
    assert secret not in masked
    assert len(masked.splitlines()) == 3
    assert masking.restore(masked) == text


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_code_stays(text: str) -> None:
    """Ordinary code is not masked."""
    assert Masking().mask(text) == text


def test_one_secret_has_one_placeholder() -> None:
    """One secret has one placeholder, and masked code still parses."""
    masking = Masking()
    first = masking.mask(f"key = '{BARE['hugging face']}'\nother = '{BARE['stripe']}'")
    assert first == f"key = '{PLACEHOLDER}1_'\nother = '{PLACEHOLDER}2_'"
    assert masking.mask(f"print({BARE['stripe']})") == f"print({PLACEHOLDER}2_)"
    assert ast.parse(first)


def test_a_known_secret_is_found_where_nothing_names_it() -> None:
    """A known secret is masked where nothing names it, while words and longer names stay."""
    masking = Masking()
    masking.learn("password = 'database22'\nsecret = 'pandas'")
    masked = masking.mask("import pandas\nuse(database22)\ndatabase223\nlogin('pandas')")
    assert masked == f"import pandas\nuse({PLACEHOLDER}1_)\ndatabase223\nlogin('{PLACEHOLDER}2_')"


def test_a_secret_that_the_cursor_cuts_is_found() -> None:
    """A secret that the cursor cuts is masked on both sides."""
    masking = Masking()
    secret = BARE["hugging face"]
    typed, suffix = masking.mask_parts(f"f('{secret[:9]}", f"{secret[9:]}')\n")
    assert secret[:9] not in typed
    assert secret[9:] not in suffix
    assert masking.restore(typed) + masking.restore(suffix) == f"f('{secret}')\n"


PIECES = st.sampled_from(
    [
        *BARE.values(),
        *(line.format(secret) for line, secret in NAMED.values()),
        PLACEHOLDER,
        f"{PLACEHOLDER}1_",
        "_",
        "\n",
    ]
)


@given(st.lists(st.text(max_size=20) | PIECES, max_size=8), st.lists(st.text(max_size=20) | PIECES, max_size=4))
def test_masking_can_be_undone(first: list[str], second: list[str]) -> None:
    """Masking any text can be undone."""
    masking = Masking()
    texts = "".join(first), "".join(second)
    masked = [masking.mask(text) for text in texts]
    assert tuple(masking.restore(text) for text in masked) == texts
    parts = masking.mask_parts(*texts)
    assert tuple(masking.restore(part) for part in parts) == texts


@pytest.mark.thorough
def test_real_notebooks_are_masked_rarely(shared_data: Path) -> None:
    """At most 4 % of the real notebooks have something that is masked."""
    lines = (shared_data / "notebooks" / "notebooks.jsonl").read_text(encoding="utf-8").splitlines()
    touched = 0
    for notebook in map(json.loads, lines):
        masking = Masking()
        for cell in notebook["cells"]:
            masking.learn("".join(cell["source"]))
        touched += bool(masking.secrets)
    assert touched <= len(lines) * 0.04


def test_a_large_image_or_a_long_line_comes_to_an_end() -> None:
    """Masking a large image or a long line comes to an end."""
    image = base64.b64encode(bytes(range(256)) * 800).decode()
    Masking().mask("token" * 4_000 + "\n" + "password " * 4_000)
    Masking().mask(f"![a](data:image/png;base64,{image})\nx = '{'ab' * 100_000}'\ny = '{'a ' * 50_000}'")
