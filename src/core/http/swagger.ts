import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AppConfig } from '../config/app-config.js';
import { SERVICE_VERSION } from '../version.js';

const DESCRIPTION = [
  'The administration of the gateway (`/api/v2`) and the routes of its clients.',
  'Errors of the administration are problem details (RFC 9457); client routes answer in their own protocol.',
  'Every answer names its request in `x-relay-request-id`.',
].join(' ');

/** Serves the API page at /docs and the document at /docs-json, from files of the installed package; before `listen`. */
export function setupSwagger(app: NestFastifyApplication, config: AppConfig): void {
  if (!config.swaggerEnabled) return;
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    raw: ['json'],
    customSiteTitle: 'Claude Relay Service',
  });
}

function createDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Claude Relay Service')
    .setDescription(DESCRIPTION)
    .setVersion(SERVICE_VERSION)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'From the login.' }, 'admin')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key', description: 'A client key (`cr_...`).' }, 'client')
    .build();
  return SwaggerModule.createDocument(app, config);
}
