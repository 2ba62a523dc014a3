import { Module } from '@nestjs/common';
import { BookedKeysRepository } from '../booked-keys.repository.js';
import { DayChecks } from './day-checks.js';
import { KeyBooksRepository } from './key-books.repository.js';
import { KeyChecks } from './key-checks.js';
import { SharedBooksRepository } from './shared-books.repository.js';
import { UsageDoctor } from './usage-doctor.js';

/** Compares the books with themselves. Needs the store and the time from global modules. */
@Module({
  providers: [BookedKeysRepository, DayChecks, KeyBooksRepository, KeyChecks, SharedBooksRepository, UsageDoctor],
  exports: [BookedKeysRepository, UsageDoctor],
})
export class UsageDoctorModule {}
