#!/usr/bin/env node
/** The command `relayout`. */
import { main } from './main.js'

void main(process.argv.slice(2))
