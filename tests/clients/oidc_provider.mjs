// node oidc_provider.mjs CONFIG   the certified provider "oidc-provider" on a free port of
// 127.0.0.1. CONFIG is JSON: {clients, accounts}. Prints its port. POST /test/mode with one of
// MODES changes the ID tokens it gives from then on, signed with its own key where it can.
import http from 'node:http';
import * as jose from 'jose';
import Provider from 'oidc-provider';

const { clients, accounts } = JSON.parse(process.argv[2]);
const key = { kid: 'first', alg: 'RS256', use: 'sig' };
const pair = await jose.generateKeyPair('RS256', { extractable: true });
const stranger = await jose.generateKeyPair('RS256');
const publicPem = await jose.exportSPKI(pair.publicKey);
const jwk = { ...(await jose.exportJWK(pair.privateKey)), ...key };

const signed = (claims, header = {}, secret = pair.privateKey) =>
  new jose.SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header }).sign(secret);
const now = () => Math.floor(Date.now() / 1000);
const base64 = value => Buffer.from(JSON.stringify(value)).toString('base64url');
const without = (claims, name) => Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name));
const MODES = {
  honest: null,
  expired: claims => signed({ ...claims, iat: now() - 7200, exp: now() - 3600 }),
  'not-yet': claims => signed({ ...claims, nbf: now() + 3600 }),
  'wrong-audience': claims => signed({ ...claims, aud: 'somebody-else' }),
  'several-audiences': claims => signed({ ...claims, aud: [claims.aud, 'somebody-else'] }),
  'wrong-azp': claims => signed({ ...claims, azp: 'somebody-else' }),
  'wrong-issuer': claims => signed({ ...claims, iss: 'https://issuer.example.org' }),
  'wrong-nonce': claims => signed({ ...claims, nonce: 'another' }),
  'no-nonce': claims => signed(without(claims, 'nonce')),
  'no-exp': claims => signed(without(claims, 'exp')),
  'no-aud': claims => signed(without(claims, 'aud')),
  'no-iss': claims => signed(without(claims, 'iss')),
  'wrong-access-token': claims => signed({ ...claims, at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }),
  'alg-none': claims => `${base64({ alg: 'none', kid: key.kid })}.${base64(claims)}.`,
  'alg-none-signed': async claims =>
    `${base64({ alg: 'none' })}.${base64(claims)}.${(await signed(claims)).split('.')[2]}`,
  'hs256-with-public-key': claims =>
    signed(claims, { alg: 'HS256' }, new TextEncoder().encode(publicPem)),
  'other-key': claims => signed(claims, {}, stranger.privateKey),
  'other-key-embedded': async claims =>
    signed(claims, { kid: 'embedded', jwk: await jose.exportJWK(stranger.publicKey) }, stranger.privateKey),
  'another-person': claims => signed({ ...claims, sub: 'somebody-else' }),
  'no-token': () => undefined,
  garbage: () => 'garbage',
};
let mode = 'honest';

const server = http.createServer();
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address();
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients,
  jwks: { keys: [jwk] },
  cookies: { keys: ['of the tests'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  pkce: { required: () => true },
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...accounts[id] }) }),
});
provider.use(async (ctx, next) => {
  await next();
  if (ctx.oidc?.route === 'token' && ctx.body?.id_token && MODES[mode]) {
    ctx.body.id_token = await MODES[mode](jose.decodeJwt(ctx.body.id_token));
  }
});
const answer = provider.callback();
server.on('request', (request, response) => {
  const wanted = request.url.match(/^\/test\/mode\/([\w-]+)$/);
  if (!wanted) return answer(request, response);
  mode = wanted[1];
  response.statusCode = mode in MODES ? 204 : 404;
  return response.end();
});
console.log(port);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
