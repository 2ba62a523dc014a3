import { applyDecorators } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { ClientAccess } from '@crs/extension-api';

/** Only a client with a valid key may call this; the handler finds the exact bytes of the body as a Buffer. */
export function ClientOnly(): MethodDecorator & ClassDecorator {
  return applyDecorators(ClientAccess(), ApiSecurity('client'));
}
