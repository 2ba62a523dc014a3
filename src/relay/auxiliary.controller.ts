import { Public } from '@crs/extension-api';
import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';

/** Small calls that clients make beside their requests; answered here so that no client takes the gateway for broken. */
@Controller()
@Public()
export class AuxiliaryController {
  @Get(['api/hello', 'api/api/hello', 'claude/api/hello'])
  @ApiOperation({ summary: 'Sign of life for clients' })
  @ApiOkResponse({ description: 'The gateway is there', schema: { example: { message: 'hello' } } })
  hello(): { message: string } {
    return { message: 'hello' };
  }

  /** Telemetry of clients is taken and thrown away. */
  @Post(['api/event_logging/batch', 'api/api/event_logging/batch', 'claude/api/event_logging/batch'])
  @HttpCode(200)
  @ApiOperation({ summary: 'Takes telemetry of clients and throws it away' })
  @ApiOkResponse({ description: 'Taken', schema: { example: { success: true } } })
  eventLogging(): { success: true } {
    return { success: true };
  }
}
