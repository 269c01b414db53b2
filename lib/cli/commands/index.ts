/** All commands, in the order of the help. */
import type { Command } from '../command.js'
import { BACKTEST } from './backtest/command.js'
import { CHECK } from './check/command.js'
import { COMPLETION } from './completion/command.js'
import { QUEUE } from './queue/command.js'
import { REPLY } from './reply/command.js'
import { TEST } from './test/command.js'
import { TRY } from './try/command.js'
import { WHY } from './why/command.js'

export const COMMANDS: readonly Command[] = [CHECK, TRY, REPLY, QUEUE, WHY, BACKTEST, TEST, COMPLETION]
