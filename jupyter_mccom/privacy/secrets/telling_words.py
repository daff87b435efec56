"""The words of `telling_names`: parts of names in small letters, without seams."""

from __future__ import annotations

SURELY = """
mnemonic seedphrase recoveryphrase
password passwords passwd passwds passwrd passphrase passcode passkey pwd pwds pswd psw pw passw pword secret secrets
credential credentials creds apikey apikeys appkey authkey accesskey secretkey privatekey privkey masterkey signingkey
encryptionkey clientsecret appsecret apisecret sharedsecret accountkey sharedkey storagekey sharedaccesskey userpass
dbpass authtok bindpw rootpw userpw ownerpw inputpw keymaterial remotepass rediscliauth redisauth sshpass keypass
storepass rootpass adminpass sudopass requirepass masterauth passin passout pgpassword psk
wpapsk passwort passworte kennwort kennworte kennwoerter losungswort geheimnis wachtwoord wachtwoorden lösenord
losenord adgangskode passord kodeord salasana tunnussana parol contraseña contrasena contraseñas contrasenas contrasenya
contrasenia senha senhas palavrapasse motdepasse mdp motpasse parolaordine parolă parola hasło haslo heslo geslo
lozinka zaporka šifra jelszó jelszo slaptažodis parool пароль пароля пароли парол лозинка секрет κωδικός κωδικος şifre
sifre sifresi şifresi 密码 密碼 口令 密钥 密鑰 秘钥 秘鑰 私钥 私鑰
mima パスワード 暗証番号 秘密鍵 パスフレーズ 비밀번호 패스워드 암호 비번 matkhau mậtkhẩu รหัสผ่าน
katasandi sandi पासवर्ड كلمةالمرور كلمةالسر סיסמה סיסמא رمزعبور گذرواژه
"""
"""A value of such a name is a secret whatever it looks like. Spaces within a name are left out (`mot de passe`)."""

MIXED = """
accesscode doorcode unlockcode securitycode entrycode alarmcode authcode wificode activationcode
pass pin pincode otp totp bearer jwt pat sas dsn salt pepper clave claves chave chiave basicauth httpauth
authorization authtoken accesstoken refreshtoken apitoken bottoken sessionid csrftoken connstr connectionstring login
секретный ключ 令牌 토큰 トークン
"""
"""A value of such a name is a secret if it is no plain word."""

SERVICES = """
abuseipdb adafruit adobe airtable algolia alibaba amplitude apollo asana assemblyai atlassian auth0 azure bedrock
bitbucket bitly bitrise box browserstack brave buildkite circleci clickhouse cloudflare cloudinary codecov cohere
coinbase confluent contentful coveralls cursor databento databricks datadog deepgram deepseek digitalocean discord
docker doppler dropbox elastic elevenlabs etsy facebook fastly figma finnhub firebase flickr fly freshbooks gemini
gitea github gitlab gitter grafana groq heroku honeycomb hubspot huggingface intercom ipinfo jira kaggle kucoin
launchdarkly linear linkedin lob mailchimp mailgun mapbox mattermost mistral mixpanel mongodb neon netlify newrelic
ngrok notion nvidia okta ollama onesignal openai openrouter openweather opsgenie ovh pagerduty paypal pinecone plaid
planetscale plivo polygon postman postmark pubnub pusher qdrant rapidapi razorpay replicate rollbar salesforce
scaleway segment sendbird sendgrid sentry serpapi shodan shopify slack snowflake snyk sonar spotify square squarespace
strava stripe sumologic supabase tavily telegram telnyx tiingo tmdb together travis trello twilio twitch twitter
typeform unsplash upstash vercel vimeo virustotal voyage vultr wakatime wandb weaviate webex wolfram xai yandex yelp
youtube zapier zendesk zoho zoom
"""
"""Services: a value that looks random beside one is its key."""

RANDOM = "token tokens key keys auth cookie session signature sig hmac seed webhook cle clé klucz sleutel sid"
"""A value of such a name is a secret if it looks random."""

BEFORE_KEYS = """
api access auth secret private priv service account encryption master signing client shared storage subscription
license licence ssh rsa db database admin root application consumer instrumentation deploy deployment integration
partner developer dev cloud merchant openai anthropic azure aws gcp google hf cohere mistral groq pinecone datadog dd
sendgrid stripe mailgun twilio newrelic weaviate qdrant wandb kaggle serpapi tavily elastic algolia maps backup fernet
aes cipher crypto decryption bot host rest write read session hmac server ibm sas stream connection gemini claude
replicate deepseek together openrouter langchain langsmith supabase
"""
"""In front of `key` these make it a secret's name."""

BEFORE_TOKENS = """
auth access api bot refresh bearer secret session github gh gitlab slack hf huggingface personal oauth oauth2 id jwt
deploy npm pypi vault telegram discord service user app device security csrf xsrf account private databricks registry
admin push webhook client login sas sts aws azure do digitalocean doppler notion airtable ngrok root read write ci job
"""
"""In front of `token` these set it apart from a tokenizer's tokens."""

BEFORE_PASSING = "by low high band one single forward backward first second two multi all"
"""In front of `pass` these are about passing."""

ABOUT = """
field fields name names type types label labels input inputs hint help prompt message msg error errors url uri link
path paths file files filename dir folder env var vars variable variables len length size min max limit count regex
pattern policy rule rules column col header headers param params parameter option options arg args attr attribute
class cls page view form screen route endpoint title text description desc placeholder validator strength reset
changed expired expires expiry expiration ttl timeout lifetime algorithm algo scheme method mode format encoding
provider manager store helper service handler factory builder generator getter callback fn func function required
missing invalid valid incorrect wrong mismatch visible enabled disabled index idx number num ids embedding embeddings
dim dims dtype mask masks prob probs logits vocab vocabulary arn ref reference selector hash hashed digest template
example usage scope scopes status state info metadata kind event events action
"""
"""Behind a telling part these make the name one of something else: `password_field`, `token_url`."""

ASKS = """
get read ask prompt input fetch load find list delete remove check verify validate hash has is no num n max min forgot
forget reset show hide toggle generate gen random make need needs require requires missing invalid wrong without use
count sort group primary foreign index pad eos bos unk sep cls special next last first prev getpass getenv
"""
"""In front of a telling part these ask for a value or are about one: `get_secret("name")`."""
