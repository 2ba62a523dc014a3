import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiResponse } from '@nestjs/swagger';
import { toModelDto, toModelListDto } from './models.dto.js';
import type { ModelEntry } from './models.service.js';

const EXAMPLE: ModelEntry = { id: 'claude-opus-5-5', ownedBy: 'anthropic' };

const examples = (toDto: (asAnthropic: boolean) => unknown): Record<string, { summary: string; value: unknown }> => ({
  anthropic: { summary: 'with an anthropic-version header', value: toDto(true) },
  openai: { summary: 'without it', value: toDto(false) },
});

const answer = (description: string, toDto: (asAnthropic: boolean) => unknown): MethodDecorator =>
  applyDecorators(
    ApiHeader({ name: 'anthropic-version', required: false, description: 'Asks for the form of Anthropic' }),
    ApiOkResponse({
      description,
      content: { 'application/json': { schema: { type: 'object' }, examples: examples(toDto) } },
    }),
    ApiResponse({ status: 401, description: 'The key is missing, unknown, disabled or expired' }),
  );

export const ApiModelListAnswer = (): MethodDecorator =>
  answer('The models, by owner and id', (asAnthropic) => toModelListDto([EXAMPLE], asAnthropic));

export const ApiModelAnswer = (): MethodDecorator =>
  applyDecorators(
    answer('The model', (asAnthropic) => toModelDto(EXAMPLE, asAnthropic)),
    ApiResponse({ status: 404, description: 'There is no such model, or the key may not use it' }),
  );

const openAiAnswer = (description: string, example: unknown): MethodDecorator =>
  applyDecorators(
    ApiOkResponse({ description, content: { 'application/json': { schema: { type: 'object' }, example } } }),
    ApiResponse({ status: 401, description: 'The key is missing, unknown, disabled or expired' }),
  );

export const ApiOpenAiModelListAnswer = (): MethodDecorator =>
  openAiAnswer('The models, by owner and id', toModelListDto([EXAMPLE], false));

export const ApiOpenAiModelAnswer = (): MethodDecorator =>
  applyDecorators(
    openAiAnswer('The model', toModelDto(EXAMPLE, false)),
    ApiResponse({ status: 404, description: 'There is no such model, or the key may not use it' }),
  );
