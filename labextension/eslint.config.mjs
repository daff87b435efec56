import { defineConfig } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** What each folder of `src` may import from the others. The files beside the folders wire them and may import all. */
const FOLDERS = {
  server: [],
  settings: ['server'],
  outcomes: ['server'],
  cloud: ['server'],
  status: ['server', 'settings', 'cloud'],
  ghost: ['outcomes'],
  completion: ['server', 'settings', 'outcomes', 'ghost'],
  commands: ['server', 'settings', 'status', 'ghost', 'completion']
};

const zones = Object.entries(FOLDERS).flatMap(([folder, allowed]) =>
  Object.keys(FOLDERS)
    .filter(other => other !== folder && !allowed.includes(other))
    .map(other => ({ target: `./src/${folder}`, from: `./src/${other}` }))
);

export default defineConfig(
  { ignores: ['lib/', 'node_modules/'] },
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        project: 'test/tsconfig.json',
        tsconfigRootDir: import.meta.dirname
      }
    },
    settings: {
      'import-x/extensions': ['.ts', '.tsx'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      'import-x/resolver-next': [
        createNodeResolver({ extensions: ['.ts', '.tsx', '.js', '.json'] })
      ]
    },
    rules: {
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true }
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true }
      ],
      'no-nested-ternary': 'error',
      eqeqeq: 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-duplicates': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/order': [
        'error',
        {
          groups: ['builtin', 'external', 'parent', 'sibling'],
          'newlines-between': 'never',
          alphabetize: { order: 'asc', caseInsensitive: true }
        }
      ],
      '@typescript-eslint/consistent-type-imports': 'error'
    }
  },
  {
    // Doubles: matchers are `any`, a number stands for an enum of a package that is not loaded, a generator that says
    // what it was told awaits nothing, and a value that is missing fails the test anyway.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off'
    }
  }
);
