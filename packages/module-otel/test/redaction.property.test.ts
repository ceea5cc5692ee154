import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redactText } from '../src/redaction/redact-text.js';
import { Redactor } from '../src/redaction/redactor.js';
import { isSecretName } from '../src/redaction/secret-names.js';
import { recording } from './fixtures/recording.js';

/** Looks like nothing else in the input. */
const secret = 'S3cr3tV4lu3';
const noise = fc.string({ maxLength: 20 }).filter((text) => !text.includes(secret));
const secretName = fc.tuple(fc.constantFrom('', 'my_', 'x-', 'http.request.header.', 'app.'), fc.constantFrom('authorization', 'Authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'X-Api-Key', 'token', 'accessToken', 'client_secret', 'PASSWORD', 'aws-credential', 'credentials', 'private_key', 'api_key', 'apiKey', 'passphrase', 'db_passwd')).map(([prefix, name]) => prefix + name);
const redactor = new Redactor();

describe('redaction', () => {
  it.each(['authorization', 'Cookie', 'set-cookie', 'Proxy-Authorization', 'x-api-key', 'github_token', 'clientSecret', 'db.PASSWORD', 'aws_credentials', 'http.request.header.authorization', 'req.headers["cookie"]', 'stripe_api_key', 'OPENAI_API_KEY', 'mapsApiKey', 'x-goog-api-key', 'x-authorization', 'sessionCookie', 'DB_PASSWD', 'db_pwd', 'ssh_passphrase'])('takes %s for a secret', (name) => {
    expect(isSecretName(name, new Set())).toBe(true);
  });

  it.each(['http.route', 'author', 'monkey', 'iii.function.id', 'key', 'passenger', 'cwd', 'api_version', 'compass'])('takes %s for none', (name) => {
    expect(isSecretName(name, new Set())).toBe(false);
  });

  it('keeps what stands under the name of a secret and is none', () => {
    const { recorder, spans } = recording();
    recorder.startSpan('x', { kind: 'internal', attributes: { has_token: true, 'gen_ai.usage.input_tokens': 12, pin_password: 1234, token: 'abc' } }).end();
    expect(Object.fromEntries(spans()[0]!.attributes)).toEqual({ has_token: true, 'gen_ai.usage.input_tokens': 12, pin_password: '[redacted]', token: '[redacted]' });
  });

  it('leaves no value of a secret in an attribute, an event, a name of an error or a log, at any depth', () => {
    fc.assert(fc.property(secretName, noise, noise, (name, before, after) => {
      const value = before + secret + after;
      const { recorder, spans } = recording();
      const span = recorder.startSpan('x', { kind: 'internal', attributes: { [name]: value } });
      span.event('e', { [name]: value });
      span.setAttribute(name, value);
      span.end();
      expect(JSON.stringify(spans())).not.toContain(secret);
      expect(JSON.stringify(redactor.fields({ a: [{ b: { [name]: value } }, [name, value]], c: { [name]: { deep: value } } }))).not.toContain(secret);
    }), { numRuns: 300 });
  });

  it.each([
    `https://user:${secret}@example.com/path`, `redis://:${secret}@host:6379/0`, `https://example.com/reset?code=${secret}&x=1#frag`, `failed: postgres://u:${secret}@db/x was refused`,
    `Authorization: Bearer ${secret}`, `Bearer ${secret}`, `password=${secret}`, `{"api_key":"${secret}"}`, `token: '${secret}'`, `"client_secret": "${secret} with spaces"`, `cookie=${secret}; path=/`,
    `{\\"password\\":\\"${secret}\\"}`, `{\\\\\\"password\\\\\\":\\\\\\"a\\\\\\\\\\"${secret}\\\\\\"}`, `{"tokens":["a","${secret}"],"x":1}`, `{"credentials":{"user":"u","id":{"x":"}","y":"${secret}"}}}`,
    `{\\"tokens\\":[\\"a\\",\\"${secret}\\"]}`, `{"secrets":["cut off ${secret}`, `Map(1) { 'password' => '${secret}' }`, `password: \u001b[32m'${secret}'\u001b[39m`, `password: \\u001b[32m'${secret}'\\u001b[39m`,
    `Authorization: Token ${secret}`, `authorization: ApiKey id:${secret}`, `Cookie: theme=dark; session=${secret}`, `Set-Cookie: a=1; Path=/, b=${secret}`, `access_key=${secret}`, `passphrase: ${secret}`,
    `postgres://user:pa/ss#w?rd${secret}@db/x`, `-----BEGIN RSA PRIVATE KEY-----\nMIIE${secret}\n-----END RSA PRIVATE KEY-----`,
    `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0${secret}.${secret}`,
  ])('takes the secret out of the text %s', (text) => {
    expect(redactText(text)).not.toContain(secret);
    expect(redactText(text).length).toBeGreaterThan(5);
  });

  it('keeps the rest of a text and of a URL readable', () => {
    expect(redactText('GET https://u:p@example.com:8080/a/b?page=2&size=10#top answered 200')).toBe('GET https://[redacted]@example.com:8080/a/b?page=[redacted]&size=[redacted]#top answered 200');
    expect(redactText('nothing to see here')).toBe('nothing to see here');
    expect(redactText('the token was refused')).toBe('the token was refused');
    expect(redactText('{"tokens":["a"],"page":2}')).toBe('{"tokens":[redacted],"page":2}');
    expect(redactText('Cookie: a=1; b=2\nhost: example.com')).toBe('Cookie: [redacted]\nhost: example.com');
    expect(redactText('Authorization: Bearer abcdef and more')).toBe('Authorization: Bearer [redacted] and more');
    expect(redactText('GET https://registry.example.com:443/@scope/name and http://[::1]:80/@x')).toBe('GET https://registry.example.com:443/@scope/name and http://[::1]:80/@x');
  });

  it('takes query values out of paths and queries by their names', () => {
    const { recorder, spans } = recording();
    recorder.startSpan('x', { kind: 'server', attributes: { 'url.path': `/a?x=${secret}`, 'url.query': `?q=${secret}&y`, 'http.target': `/b?z=${secret}`, 'url.full': `http://h/c?d=${secret}` } }).end();
    expect(Object.fromEntries(spans()[0]!.attributes)).toEqual({ 'url.path': '/a?x=[redacted]', 'url.query': 'q=[redacted]&y', 'http.target': '/b?z=[redacted]', 'url.full': 'http://h/c?d=[redacted]' });
  });

  it('hides the value of a state key whose name says that it is a secret', () => {
    const { recorder, spans } = recording();
    recorder.startSpan('state::set', { kind: 'internal', attributes: { 'iii.state.key': 'github_token', 'iii.state.value': secret } }).end();
    recorder.startSpan('state::set', { kind: 'internal', attributes: { 'iii.state.key': 'color', 'iii.state.value': 'blue' } }).end();
    expect(spans().map(({ attributes }) => attributes[1]![1])).toEqual(['[redacted]', 'blue']);
    expect(redactor.fields({ scope: 's', key: 'api_token', value: secret, old_value: { a: secret } })).toEqual({ scope: 's', key: 'api_token', value: '[redacted]', old_value: '[redacted]' });
  });

  it('takes headers as Node lists them, name by name', () => {
    expect(redactor.fields({ rawHeaders: ['Host', 'a', 'Cookie', `sid=${secret}`, 'X-Api-Key', secret], missing: ['password', 'email', 'name'] })).toEqual({ rawHeaders: ['Host', 'a', 'Cookie', '[redacted]', 'X-Api-Key', '[redacted]'], missing: ['password', 'email', 'name'] });
  });

  it('takes the names of the user, too', () => {
    const { recorder, spans } = recording({ redactKeys: ['ssn'] });
    recorder.startSpan('x', { kind: 'internal', attributes: { SSN: secret, 'person.ssn': secret } }).end();
    expect(JSON.stringify(spans())).not.toContain(secret);
  });

  it('takes no longer for long texts than their length asks for', () => {
    const startedAt = process.hrtime.bigint();
    for (const text of ['a'.repeat(100_000), 'a.'.repeat(50_000), 'token'.repeat(20_000), '://'.repeat(30_000), `password="${'\\'.repeat(100_000)}`, 'bearer '.repeat(15_000), 'eyJ'.repeat(30_000), ' : '.repeat(30_000), 'token '.repeat(15_000), 'token:['.repeat(15_000), 'token:{"'.repeat(15_000), 'token:"\\'.repeat(15_000), 'cookie:'.repeat(15_000), '://a:b'.repeat(15_000), 'x://a:b@'.repeat(15_000), '-----BEGIN PRIVATE KEY-----'.repeat(4_000)]) redactText(text);
    expect(Number(process.hrtime.bigint() - startedAt) / 1e9).toBeLessThan(8);
  });

  it('never throws and never makes a text that holds what it took out', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(typeof redactText(text)).toBe('string');
    }));
  });
});
