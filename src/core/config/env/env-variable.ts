import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsString,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';

/** What is known about one variable besides its type; error messages and the specs of the documents are made of it. */
export interface EnvVariable {
  readonly name: string;
  /** What it is when unset, as text; empty when it then has no value. */
  readonly defaultText: string;
  /** What may be written, in words: `a whole number from 1 to 65535`. */
  readonly allowed: string;
  /** Its value is never repeated in a message. */
  readonly secret: boolean;
  /** v1 reads 0 as "not set", so 0 gives the default here as well. */
  readonly zeroIsDefault: boolean;
}

type EnvDtoClass = new () => object;

const variablesByClass = new Map<unknown, EnvVariable[]>();

/** The variables of one class, in the order in which they are declared. */
export const envVariablesOf = (dto: EnvDtoClass): readonly EnvVariable[] => variablesByClass.get(dto) ?? [];

const describe = (rule: Omit<EnvVariable, 'name'>): PropertyDecorator => {
  return (target, name) => {
    const known = variablesByClass.get(target.constructor) ?? [];
    variablesByClass.set(target.constructor, [...known, { name: String(name), ...rule }]);
  };
};

/** Reads a text that is set; what it cannot read it returns as it is, so that the validators refuse it. */
const read = (parse: (text: string) => unknown, fallback: unknown): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? parse(value) : fallback));

/** Unset without a default is no error. */
const unlessUnset = (): PropertyDecorator => ValidateIf((_, value: unknown) => value !== null);

const defaultText = (value: number | boolean | string | null): string => (value === null ? '' : String(value));

interface NumberRule {
  readonly default: number | null;
  readonly min: number;
  readonly max: number;
  readonly zeroIsDefault?: boolean;
  /** What to add to "a whole number from ... to ...". */
  readonly hint?: string;
}

const ZERO = /^[+-]?0+(\.0*)?$/;

/** The text is a zero in any spelling. */
export const isZeroText = (text: string): boolean => ZERO.test(text.trim());

const readNumber =
  (syntax: RegExp, rule: NumberRule) =>
  (text: string): unknown => {
    if (rule.zeroIsDefault === true && isZeroText(text)) return rule.default;
    return syntax.test(text.trim()) ? Number(text) : text;
  };

const describeNumber = (noun: string, rule: NumberRule): PropertyDecorator =>
  describe({
    defaultText: defaultText(rule.default),
    allowed: `${noun} from ${rule.min} to ${rule.max}${rule.hint === undefined ? '' : ` (${rule.hint})`}`,
    secret: false,
    zeroIsDefault: rule.zeroIsDefault === true,
  });

/** A whole number. */
export const EnvInteger = (rule: NumberRule): PropertyDecorator =>
  applyDecorators(
    describeNumber('a whole number', rule),
    read(readNumber(/^[+-]?\d+$/, rule), rule.default),
    unlessUnset(),
    IsInt(),
    Min(rule.min),
    Max(rule.max),
  );

/** A number with or without a fraction. */
export const EnvNumber = (rule: NumberRule): PropertyDecorator =>
  applyDecorators(
    describeNumber('a number', rule),
    read(readNumber(/^[+-]?\d+(\.\d+)?$/, rule), rule.default),
    unlessUnset(),
    IsNumber(),
    Min(rule.min),
    Max(rule.max),
  );

/** `true` or `false`; null as the default when something else decides. */
export const EnvFlag = (fallback: boolean | null): PropertyDecorator =>
  applyDecorators(
    describe({
      defaultText: defaultText(fallback),
      allowed: '`true` or `false`',
      secret: false,
      zeroIsDefault: false,
    }),
    read((text) => ({ true: true, false: false })[text.trim()] ?? text, fallback),
    unlessUnset(),
    IsBoolean(),
  );

/** One of a few words. */
export const EnvChoice = (choices: readonly string[], fallback: string): PropertyDecorator =>
  applyDecorators(
    describe({ defaultText: fallback, allowed: choices.join(', '), secret: false, zeroIsDefault: false }),
    read((text) => text.trim(), fallback),
    IsIn(choices),
  );

interface TextRule {
  readonly default?: string;
  /** Which texts are allowed; all, unless given. */
  readonly accepts?: (text: string) => boolean;
  /** What `accepts` asks for, in words. */
  readonly allowed?: string;
}

const accepted = ({ accepts = () => true }: TextRule, each: boolean): PropertyDecorator =>
  ValidateBy(
    { name: 'accepted', validator: { validate: (value) => typeof value === 'string' && accepts(value) } },
    { each },
  );

const describeText = (rule: TextRule, secret: boolean, otherwise: string): PropertyDecorator =>
  describe({
    defaultText: rule.default ?? '',
    allowed: rule.allowed ?? otherwise,
    secret,
    zeroIsDefault: false,
  });

const text = (rule: TextRule, secret: boolean): PropertyDecorator =>
  applyDecorators(
    describeText(rule, secret, 'text'),
    // A blank at either end is a slip of the pen in an address, and a character of a secret.
    read((value) => (secret ? value : value.trim()), rule.default ?? null),
    unlessUnset(),
    IsString(),
    accepted(rule, false),
  );

export const EnvText = (rule: TextRule = {}): PropertyDecorator => text(rule, false);

/** Text that no message may repeat. */
export const EnvSecret = (rule: TextRule = {}): PropertyDecorator => text(rule, true);

interface ListRule extends TextRule {
  readonly secret?: boolean;
  /** What stands between the texts; a comma, unless given. */
  readonly separator?: string;
  /** How many there may be; unlimited, unless given. */
  readonly most?: number;
}

/** Texts between separators; blanks around them and empty ones are dropped. */
export const EnvList = (rule: ListRule): PropertyDecorator => {
  const { separator = ',', most = Number.POSITIVE_INFINITY } = rule;
  const split = (value: string): string[] =>
    value
      .split(separator)
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return applyDecorators(
    describeText(rule, rule.secret === true, 'texts separated by commas'),
    read(split, split(rule.default ?? '')),
    IsArray(),
    ArrayMaxSize(most),
    accepted(rule, true),
  );
};
