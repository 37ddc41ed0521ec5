import { describe, expect, it } from 'vitest'
import { readStartWords } from '../../../bench/speed/image.ts'

describe('what an image starts', () => {
  it('is what the last command of the Dockerfile says', () => {
    const text = 'FROM one\nCMD ["node", "first.js"]\nFROM two\nCMD ["node", "--flag", "app/main.js"]\n'
    expect(readStartWords(text)).toEqual(['node', '--flag', 'app/main.js'])
  })

  it('must be node itself', () => {
    expect(() => readStartWords('CMD ["npm", "start"]\n')).toThrow()
    expect(() => readStartWords('CMD npm start\n')).toThrow('the Dockerfile starts nothing')
  })
})
