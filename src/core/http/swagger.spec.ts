import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { testConfig } from '../../../test/support/test-config.js';
import { AdminOnly } from './admin-only.js';
import { ClientOnly } from './client-only.js';
import { ApiListResponse, type ListResult } from './list-result.js';

class ThingDto {
  @ApiProperty({ description: 'Its name.', example: 'a thing' })
  name!: string;
}

@AdminOnly()
@Controller('things')
class ThingController {
  @Get()
  @ApiListResponse(ThingDto, 'The things.')
  list(): ListResult<ThingDto> {
    return { items: [], total: 0 };
  }

  @ClientOnly()
  @Get('mine')
  mine(): string {
    return '';
  }
}

interface Operation {
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: unknown }>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
  readonly components: Readonly<Record<'schemas' | 'securitySchemes', Readonly<Record<string, unknown>>>>;
}

describe('the API page', () => {
  let server: HttpApp;

  beforeAll(async () => {
    server = await startHttpApp({ controllers: [ThingController] });
  });

  afterAll(async () => {
    await server.close();
  });

  it('is a page whose scripts and styles come from here and are allowed to run', async () => {
    const page = await fetch(`${server.url}/docs`);
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const file of files) {
      const answer = await fetch(new URL(file, `${server.url}/docs`));
      expect([file, answer.status]).toEqual([file, 200]);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(0);
    }
    expect(html).not.toMatch(/<script(?![^>]*src=)/);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect((await fetch(`${server.url}/docs/`)).status).toBe(200);
  });

  it('answers problem details for a file that is not there', async () => {
    const answer = await fetch(`${server.url}/docs/nothing.js`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it('documents who may call, lists and errors', async () => {
    const document = (await (await fetch(`${server.url}/docs-json`)).json()) as Document;
    expect(document.components.securitySchemes).toMatchObject({
      admin: { type: 'http', scheme: 'bearer' },
      client: { type: 'apiKey', in: 'header', name: 'x-api-key' },
    });
    const list = document.paths['/things']?.get;
    expect(list?.security).toEqual([{ admin: [] }]);
    expect(list?.responses['401']?.content).toEqual({
      'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDetailsDto' } },
    });
    expect(list?.responses['200']?.content?.['application/json']?.schema).toMatchObject({
      required: ['items', 'total'],
      properties: { items: { items: { $ref: '#/components/schemas/ThingDto' } } },
    });
    expect(document.components.schemas).toHaveProperty('FieldErrorDto');
    expect(document.paths['/things/mine']?.get.security).toContainEqual({ client: [] });
  });

  it('is not there when it is turned off', async () => {
    const off = await startHttpApp({ controllers: [ThingController], config: testConfig({ swaggerEnabled: false }) });
    const answers = await Promise.all(['/docs', '/docs/', '/docs-json'].map((path) => fetch(`${off.url}${path}`)));
    await off.close();
    expect(answers.map((answer) => answer.status)).toEqual([404, 404, 404]);
  });
});
