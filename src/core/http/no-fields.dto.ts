import { ApiSchema } from '@nestjs/swagger';

/** The body of an action that takes no settings: it may be left out. */
@ApiSchema({ description: 'Nothing: may be left out. Any field is refused by name.' })
export class NoFieldsDto {}
