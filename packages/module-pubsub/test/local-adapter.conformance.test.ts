import { describe, expect, it } from '@jest/globals';
import { LocalAdapter } from '../src/index.js';
import { messageBusConformance } from '../src/testing/index.js';

messageBusConformance({ describe, it, expect }, { adapter: LocalAdapter });
