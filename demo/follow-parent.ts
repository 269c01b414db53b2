/**
 * Ends this process when the one that started it is gone, however that ended: no orphan keeps a port. It is loaded
 * before Haraka (`node --require`) and by the test relay. Ctrl-C in a terminal reaches the parent alone: the children
 * have process groups of their own, and the parent ends them in order.
 */
import { isMainThread } from 'node:worker_threads'

// --require holds for worker threads too, and those have no parent to follow.
if (isMainThread && process.channel) process.on('disconnect', () => process.exit(0))
