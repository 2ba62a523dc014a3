import { OmitType } from '@nestjs/swagger';
import type { ServiceRateSettings } from '../../service-rates/service-rates.codec.js';
import { ServiceRatesDto } from '../../service-rates/service-rates.dto.js';

/** The rates for everybody: who set them is nobody's business, for it is the name of a login. */
export class PublicServiceRatesDto extends OmitType(ServiceRatesDto, ['updatedBy']) {}

export const toPublicServiceRatesDto = ({
  baseService,
  rates,
  updatedAt,
}: ServiceRateSettings): Readonly<PublicServiceRatesDto> => ({ baseService, rates, updatedAt });
