import { ApiProperty } from '@nestjs/swagger';

/** What a removal of all deleted keys did. */
export class DeletedApiKeysDto {
  @ApiProperty({ description: 'How many keys were removed for good.', type: 'integer', example: 3 })
  deleted!: number;
}
