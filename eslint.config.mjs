import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/**
 * Imports point one way: what each folder of lib may import of the others. core and lint import nothing else at all;
 * plugin (haraka) and command (cli) know nothing of each other; the engine stays behind lib/script/lua.
 */
const MAY_IMPORT = {
  core: [],
  batv: ['core'],
  journal: ['core'],
  script: ['core'],
  relay: ['core'],
  lint: ['core', 'script'],
  policy: ['core', 'script'],
  haraka: ['core', 'batv', 'journal', 'script', 'relay', 'policy'],
  cli: ['core', 'batv', 'journal', 'script', 'relay', 'policy', 'lint'],
}

const NO_NODE = ['core', 'lint']

const importsOf = (folder, allowed) => {
  const others = Object.keys(MAY_IMPORT).filter((other) => other !== folder && !allowed.includes(other))
  const forbidden = [
    ...others.map((other) => `**/${other}/**`),
    ...(folder === 'script' ? [] : ['fengari', 'fengari/**', '**/script/lua/**']),
    ...(NO_NODE.includes(folder) ? ['node:*'] : []),
  ]
  return {
    files: [`lib/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: forbidden, message: `lib/${folder} must not import this: see docs/ARCHITECTURE.md` }] },
      ],
    },
  }
}

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'instance/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  ...Object.entries(MAY_IMPORT).map(([folder, allowed]) => importsOf(folder, allowed)),
  {
    files: ['lib/core/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval'] },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'proof/**/*.ts', 'demo/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
)
