import { ApiProperty } from '@nestjs/swagger';
import type { Availability } from '../account-query.service.js';
import { UNAVAILABLE_REASONS, type UnavailableReason } from '../availability.js';

/** Whether an account can take a request now. */
export class AvailabilityDto {
  @ApiProperty({ description: 'It can take a request now.', example: false })
  available!: boolean;

  @ApiProperty({
    description: 'Everything that keeps it from that; empty when it is available.',
    enum: UNAVAILABLE_REASONS,
    isArray: true,
    example: ['cooling_down'],
  })
  reasons!: readonly UnavailableReason[];

  @ApiProperty({
    description: 'When all reasons have ended by themselves; null when there is none, or one that does not.',
    nullable: true,
    type: String,
    format: 'date-time',
    example: '2030-01-31T12:10:00.000Z',
  })
  retryAt!: string | null;
}

export function toAvailabilityDto({ reasons, retryAt }: Availability): Readonly<AvailabilityDto> {
  return { available: reasons.length === 0, reasons, retryAt: retryAt?.toISOString() ?? null };
}
