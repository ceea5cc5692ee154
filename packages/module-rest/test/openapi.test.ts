import { describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { connectTestWorker } from '@motia/engine-core/testing';
import { SchemaComponents } from '../src/openapi-schema.js';
import { fakeQueue } from './fixtures/fake-queue.js';
import { startRest, type RestFixture } from './fixtures/start-rest.js';

type Document = Readonly<Record<string, never>> & { readonly paths: Record<string, Record<string, Record<string, unknown>>>; readonly components: { readonly schemas: Record<string, unknown> } };

async function documentOf(rest: RestFixture, path = '/openapi.json'): Promise<Document> {
  const answer = await rest.call(`GET ${path}`);
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
  const outcome = await new Validator().validate(answer.json);
  expect(outcome).toMatchObject({ valid: true });
  return answer.json as unknown as Document;
}

describe('GET /openapi.json', () => {
  it('is a valid OpenAPI 3.1 document without routes, and with info from the options', async () => {
    await using rest = await startRest({ options: { openapi: { title: 'Shop', version: '2.1.0', description: 'Ünicode', servers: ['https://api.example.com'] } } });
    expect(await documentOf(rest)).toMatchObject({ openapi: '3.1.0', info: { title: 'Shop', version: '2.1.0', description: 'Ünicode' }, servers: [{ url: 'https://api.example.com' }], paths: {} });
  });

  it('describes parameters, bodies, responses and the error envelope of a route', async () => {
    await using rest = await startRest();
    await rest.route('POST /shops/:shop/orders/*rest', () => undefined, {
      bodySchema: { type: 'object', required: ['product'], properties: { product: { type: 'string' } } },
      queryParams: { type: 'object', required: ['page'], properties: { page: { type: 'integer', description: 'Which page' }, tags: { type: 'array', items: { type: 'string' } } } },
      responseSchema: { '201': { type: 'object', properties: { id: { type: 'string' } } }, '4XX': { type: 'string' } },
    });
    const { paths, components } = await documentOf(rest);
    const operation = paths['/shops/{shop}/orders/{rest}']?.['post'];
    expect(operation).toMatchObject({
      parameters: [
        { name: 'shop', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'rest', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'page', in: 'query', required: true, description: 'Which page', schema: { type: 'integer' } },
        { name: 'tags', in: 'query', required: false, schema: { type: 'array' } },
      ],
      requestBody: { required: true, content: { 'application/json': { schema: { required: ['product'] } } } },
      responses: {
        '201': { description: 'Created', content: { 'application/json': { schema: { type: 'object' } } } },
        '4XX': { content: { 'text/plain': { schema: { type: 'string' } } } },
        default: { $ref: '#/components/responses/Error' },
      },
    });
    expect(components.schemas['MotiaError']).toMatchObject({ required: ['error'] });
  });

  it('describes forms, files, raw bodies and what is no JSON, both ways', async () => {
    await using rest = await startRest();
    const flat = { type: 'object', required: ['album'], properties: { album: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } } };
    const binary = { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' };
    await rest.route('POST /flat', () => undefined, { bodySchema: flat });
    await rest.route('POST /nested', () => undefined, { bodySchema: { type: 'object', properties: { a: { type: 'object' } } } });
    await rest.route('POST /open', () => undefined);
    await rest.route('POST /photos', () => undefined, {
      bodySchema: flat, produces: 'text/event-stream',
      files: { cover: { required: true, content_types: ['image/png', 'image/*'], description: 'The cover' }, more: { multiple: true } },
    });
    await rest.route('PUT /blob', () => undefined, { consumes: ['application/octet-stream', 'text/xml'], produces: ['application/pdf', 'text/csv'], responseSchema: { '200': true, '404': { type: 'object' } } });
    await rest.route('DELETE /filtered', () => undefined, { consumes: ['application/json'] });
    const { paths } = await documentOf(rest);
    const bodyOf = (path: string, method = 'post'): unknown => paths[path]?.[method]?.['requestBody'];
    expect(bodyOf('/flat')).toEqual({ required: true, content: { 'application/json': { schema: flat }, 'application/x-www-form-urlencoded': { schema: flat }, 'multipart/form-data': { schema: flat } } });
    expect(Object.keys((bodyOf('/nested') as { content: object }).content)).toEqual(['application/json']);
    expect(bodyOf('/open')).toEqual({ required: false, content: { 'application/json': { schema: {} }, '*/*': { schema: {} } } });
    expect(bodyOf('/photos')).toEqual({
      required: true,
      content: {
        'multipart/form-data': {
          schema: { ...flat, required: ['album', 'cover'], properties: { ...flat.properties, cover: { ...binary, description: 'The cover' }, more: { type: 'array', items: binary } } },
          encoding: { cover: { contentType: 'image/png, image/*' } },
        },
      },
    });
    expect(paths['/photos']?.['post']?.['responses']).toMatchObject({ '2XX': { content: { 'text/event-stream': { schema: { type: 'string' } } } } });
    expect(bodyOf('/blob', 'put')).toEqual({ required: false, content: { 'application/octet-stream': { schema: binary }, 'text/xml': { schema: { type: 'string' } } } });
    expect(paths['/blob']?.['put']?.['responses']).toMatchObject({ '200': { content: { 'application/pdf': { schema: binary }, 'text/csv': { schema: { type: 'string' } } } }, '404': { content: { 'application/json': { schema: { type: 'object' } } } } });
    expect(bodyOf('/filtered', 'delete')).toEqual({ required: false, content: { 'application/json': { schema: {} } } });
    expect(bodyOf('/flat', 'get')).toBeUndefined();
  });

  it('describes keys of repeated requests, answers before the run, and where their status is', async () => {
    const queue = fakeQueue();
    await using rest = await startRest({ beside: [queue.use], options: { system_routes: '/_s' } });
    await rest.route('POST /pay', () => undefined, { idempotency: { required: true } });
    await rest.route('POST /maybe', () => undefined, { idempotency: true });
    const path = '/_s/openapi.json';
    expect(await documentOf(rest, path)).not.toHaveProperty('components.schemas.MotiaAccepted');
    await rest.route('POST /reports', () => undefined, { respond: 'accepted', responseSchema: { type: 'object' } });
    const { paths, components } = await documentOf(rest, path);
    expect(paths['/pay']?.['post']?.['parameters']).toMatchObject([{ name: 'Idempotency-Key', in: 'header', required: true }]);
    expect(paths['/maybe']?.['post']?.['parameters']).toMatchObject([{ name: 'Idempotency-Key', in: 'header', required: false }]);
    expect(paths['/reports']?.['post']?.['responses']).toEqual({ '202': { $ref: '#/components/responses/Accepted' }, default: { $ref: '#/components/responses/Error' } });
    expect(paths['/_s/__motia/requests/{id}']?.['get']).toMatchObject({ operationId: 'getAcceptedRequest' });
    expect(Object.keys(components.schemas)).toEqual(['test_reports_or_so', 'MotiaError', 'MotiaAccepted', 'MotiaRequestStatus'].map((name) => (name === 'test_reports_or_so' ? expect.stringMatching(/Response$/) : name)));
  });

  it('puts files beside a schema that refers to itself', async () => {
    await using rest = await startRest();
    await rest.route('POST /trees', () => undefined, { bodySchema: { type: 'object', properties: { next: { $ref: '#' } } }, files: { f: {} } });
    const { paths } = await documentOf(rest);
    expect(paths['/trees']?.['post']?.['requestBody']).toMatchObject({ content: { 'multipart/form-data': { schema: { allOf: [{ $ref: expect.stringContaining('#/components/schemas/') }, { type: 'object', properties: { f: { format: 'binary' } } }] } } } });
  });

  it('takes names, descriptions and tags from the Steps of workers', async () => {
    await using rest = await startRest();
    const metadata = (name: string, routes: number): Readonly<Record<string, unknown>> => ({ name, flows: ['orders'], triggers: Array.from({ length: routes }, () => ({ type: 'http' })) });
    await using _w = await connectTestWorker(rest.host, {
      functions: {
        one: { handler: () => undefined, description: 'Takes an order.', metadata: metadata('CreateOrder', 1) },
        two: { handler: () => undefined, metadata: metadata('Order', 2) },
        three: { handler: () => undefined, metadata: metadata('Order', 2) },
        'acme::plain(x)': () => undefined,
      },
      triggers: [
        { type: 'http', functionId: 'one', config: { api_path: '/orders', http_method: 'POST' } },
        { type: 'http', functionId: 'two', config: { api_path: '/orders/:id' } },
        { type: 'http', functionId: 'three', config: { api_path: '/orders/:orderId', http_method: 'DELETE' } },
        { type: 'http', functionId: 'acme::plain(x)', config: { api_path: '/plain' } },
      ],
    });
    const document = await documentOf(rest);
    expect(document.paths['/orders']?.['post']).toMatchObject({ operationId: 'CreateOrder', description: 'Takes an order.', tags: ['orders'] });
    expect(document['tags']).toEqual([{ name: 'orders' }]);
    // Two spellings of one path are one path, and the parameters of both carry its name.
    const item = Object.values(document.paths).find((one) => 'delete' in one);
    expect(Object.keys(document.paths)).toHaveLength(3);
    const names = [item?.['get'], item?.['delete']].map((operation) => [operation?.['operationId'], (operation?.['parameters'] as { name: string }[])[0]?.name]);
    expect(new Set(names.map(([, name]) => name)).size).toBe(1);
    expect(names.map(([id]) => id)).toEqual(['Order_get_orders_id', 'Order_delete_orders_orderId']);
    expect(document.paths['/plain']?.['get']?.['operationId']).toBe('acme_plain_x');
  });

  it('keeps the references of schemas whole, and says in the words of 2020-12 what older dialects said', async () => {
    await using rest = await startRest();
    const tree = {
      $schema: 'http://json-schema.org/draft-07/schema#', $id: 'https://example.com/tree', type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#' } }, leaf: { $ref: '#/definitions/leaf' }, pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }], additionalItems: false } },
      definitions: { leaf: { type: 'string' } }, dependencies: { leaf: ['pair'] },
    };
    await rest.route('POST /trees', () => undefined, { bodySchema: tree });
    await rest.route('PUT /trees', () => undefined, { bodySchema: tree });
    const { paths, components } = await documentOf(rest);
    const reference = (paths['/trees']?.['post']?.['requestBody'] as { content: { 'application/json': { schema: { $ref: string } } } }).content['application/json'].schema.$ref;
    const schema = components.schemas[reference.replace('#/components/schemas/', '')] as { $defs: unknown; properties: Record<string, unknown>; dependentRequired: unknown };
    expect(schema).not.toHaveProperty('$schema');
    expect(schema).not.toHaveProperty('$id');
    expect(schema.$defs).toEqual({ leaf: { type: 'string' } });
    expect(schema.properties['children']).toEqual({ type: 'array', items: { $ref: reference } });
    expect(schema.properties['leaf']).toEqual({ $ref: `${reference}/$defs/leaf` });
    expect(schema.properties['pair']).toEqual({ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false });
    expect(schema.dependentRequired).toEqual({ leaf: ['pair'] });
    expect(Object.keys(components.schemas)).toHaveLength(3);
  });

  it('leaves data alone that only looks like a schema', () => {
    const schema = { const: { $ref: 'data', definitions: 1 }, default: { $id: 'data' }, enum: [{ items: [1] }] };
    const components = new SchemaComponents();
    expect(components.place('Data', schema)).toEqual({ $ref: '#/components/schemas/Data' });
    expect(components.schemas['Data']).toEqual(schema);
    expect(components.place('Any', true)).toEqual({});
    expect(components.place('None', false)).toEqual({ not: {} });
  });

  it('follows the routes, and HEAD works', async () => {
    await using rest = await startRest();
    const registered = await rest.route('GET /a', () => undefined);
    expect(Object.keys((await documentOf(rest)).paths)).toEqual(['/a']);
    registered.dispose();
    await rest.route('GET /b', () => undefined);
    expect(Object.keys((await documentOf(rest)).paths)).toEqual(['/b']);
    const head = await rest.call('HEAD /openapi.json');
    expect([head.status, head.text]).toEqual([200, '']);
    expect((await rest.call('POST /openapi.json')).status).toBe(405);
    expect(rest.service.openapi()).toMatchObject({ paths: { '/b': { get: {} } } });
  });

  it('moves with system_routes, and can be turned off', async () => {
    await using moved = await startRest({ options: { system_routes: '/_system' } });
    await moved.route('GET /openapi.json', () => ({ body: 'mine' }));
    await moved.route('GET /healthz', () => ({ body: 'mine' }));
    await moved.route('GET /_console/x', () => ({ body: 'mine' }));
    expect((await moved.call('GET /_system/openapi.json')).json).toMatchObject({ openapi: '3.1.0' });
    for (const path of ['/openapi.json', '/healthz', '/_console/x']) expect((await moved.call(`GET ${path}`)).text).toBe('mine');
    expect((await moved.call('GET /_system/readyz')).text).toBe('{"status":"ready"}');
    expect((await moved.call('GET /_system/__motia')).status).toBe(404);
    await expect(moved.route('GET /_system/_console/x', () => undefined)).rejects.toMatchObject({ code: 'MOTIA_REST_RESERVED_PATH' });
    await using off = await startRest({ options: { openapi: { enabled: false } } });
    expect((await off.call('GET /openapi.json')).status).toBe(404);
    expect(off.service.openapi()).toBeUndefined();
  });
});
