// mcp_servers.mjs DOMAIN [ISSUER] — MCP servers built with the official SDK, each on a free port of 127.0.0.1, in every manner that an
// operator may have left one; prints {name: port} as JSON. What each was asked is a line of JSON on stdout.
import { randomUUID } from 'node:crypto';
import express from 'express';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import {
  createOAuthMetadata, getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter, mcpAuthRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js';
import { DemoInMemoryAuthProvider } from '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js';

const [domain, issuer = `https://auth.${domain}`] = process.argv.slice(2);
const provider = new DemoInMemoryAuthProvider();
const issuerUrl = new URL(issuer);
const nobody = { verifyAccessToken: async () => { throw new InvalidTokenError('Invalid or expired token'); } };
const anybody = {
  verifyAccessToken: async (token) => ({ token, clientId: 'c', scopes: [], expiresAt: Date.now() / 1000 + 60 }),
};

const publicUrl = (name) => new URL(`https://${name}.${domain}/mcp`);
const sessions = new Map(); // open ones, by id

function mcpServer() {
  const server = new McpServer({ name: 'peer', version: '1.0.0' });
  server.registerTool('touch', { description: 'must never be called' }, async () => ({ content: [] }));
  return server;
}

/** The endpoint as the SDK's examples write it, with sessions. */
function endpoint(options = {}) {
  return async (req, res) => {
    const known = sessions.get(req.headers['mcp-session-id']);
    if (known) return known.handleRequest(req, res, req.body);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => sessions.set(id, transport),
      onsessionclosed: (id) => sessions.delete(id),
      ...options,
    });
    await mcpServer().connect(transport);
    return transport.handleRequest(req, res, req.body);
  };
}

function record(name) {
  return (req, _res, next) => {
    console.log(JSON.stringify({
      server: name, verb: req.method, path: req.path, call: req.body?.method ?? null,
      token: req.headers.authorization ?? null, host: req.headers.host, agent: req.headers['user-agent'],
      client: req.body?.params?.clientInfo?.name ?? null,
    }));
    next();
  };
}

const plain = () => express().use(express.json());
const metadata = (resourceServerUrl) => mcpAuthMetadataRouter({
  oauthMetadata: createOAuthMetadata({ provider, issuerUrl }), resourceServerUrl,
});
const guarded = (app, name, { verifier = nobody, url = publicUrl(name), options } = {}) => app
  .use(metadata(url))
  .all('/mcp', requireBearerAuth({ verifier, resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(url) }),
    endpoint(options));

const makers = {
  auth: (app) => app.use(mcpAuthRouter({ provider, issuerUrl })),
  good: (app) => guarded(app, 'good'),
  open: (app) => app.all('/mcp', endpoint()),
  stateless: (app) => app.all('/mcp', async (req, res) => { // a server of one request, with a JSON answer
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    await mcpServer().connect(transport);
    return transport.handleRequest(req, res, req.body);
  }),
  'any-token': (app) => guarded(app, 'any-token', { verifier: anybody }),
  bare: (app) => app.use(metadata(publicUrl('bare'))).all('/mcp', requireBearerAuth({ verifier: nobody }), endpoint()),
  hidden: (app) => app.all('/mcp', requireBearerAuth({ verifier: nobody }), endpoint()),
  local: (app) => guarded(app, 'local', { url: new URL('http://127.0.0.1:1/mcp') }), // as it was on a developer's desk
  demo: (app) => guarded(app, 'demo', { verifier: provider }), // the SDK's own example of a verifier
  sse: (app) => app.get('/sse', async (_req, res) => { // the transport before Streamable HTTP
    await mcpServer().connect(new SSEServerTransport('/messages', res));
  }),
  root: (app) => app.all('/', endpoint()),
};

// both ways of the SDK to protect against DNS rebinding
const apps = { hosts: createMcpExpressApp({ allowedHosts: [`hosts.${domain}`] }), rebinding: plain() };
makers.hosts = (app) => guarded(app, 'hosts');
makers.rebinding = (app) => app.all('/mcp', endpoint({
  enableDnsRebindingProtection: true, allowedHosts: [`rebinding.${domain}`],
}));

const ports = {};
for (const [name, make] of Object.entries(makers)) {
  const app = express().use(express.json()).use(record(name));
  const inner = apps[name] ?? plain();
  make(inner);
  app.get('/peer/sessions', (_req, res) => res.json({ open: sessions.size })); // for the test, not for the program
  app.use(inner);
  const listener = await new Promise((ready) => {
    const server = app.listen(0, '127.0.0.1', () => ready(server));
  });
  ports[name] = listener.address().port;
}
console.log(JSON.stringify(ports));
