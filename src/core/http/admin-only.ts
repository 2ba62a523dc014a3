import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import { AdminAccess } from '@crs/extension-api';
import { ApiProblem } from './problem-details.dto.js';

/** Only an administrator may call this; on a controller class or on one route. */
export function AdminOnly(): MethodDecorator & ClassDecorator {
  return applyDecorators(
    AdminAccess(),
    ApiBearerAuth('admin'),
    ApiProblem(400, 'A field is missing, unknown or has a value that is not allowed.'),
    ApiProblem(401, 'The token is missing, wrong, expired, or was ended by a change of the password.'),
  );
}
