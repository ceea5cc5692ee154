#!/usr/bin/env node
import { main } from '../cli/main.js';
import { processPorts } from '../cli/process-ports.js';

process.exitCode = await main(process.argv.slice(2), processPorts);
