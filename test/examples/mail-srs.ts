/** Perl's Mail::SRS, the reference implementation, where it is installed (Debian: libmail-srs-perl). */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

// The clock has to stand before Mail::SRS is compiled. One line in, one line out; what is refused gives an empty one.
const PROGRAM = `
  BEGIN { my $now = shift @ARGV; *CORE::GLOBAL::time = sub { $now } }
  use Mail::SRS;
  my $srs = Mail::SRS->new(Secret => shift @ARGV);
  $SIG{__WARN__} = sub { };
  while (<STDIN>) {
    chomp;
    my ($method, @addresses) = split / /;
    my $answer = eval { $srs->$method(@addresses) };
    print defined $answer ? $answer : '', "\\n";
  }`

export function hasMailSrs(): boolean {
  return spawnSync('perl', ['-MMail::SRS', '-e', '1']).status === 0
}

/** The answers to `forward SENDER FORWARDER` and `reverse ADDRESS`, byte strings; '' where it refuses. */
export function mailSrs(requests: readonly string[], secret: string, ms: number): string[] {
  const input = Buffer.from(requests.map((request) => `${request}\n`).join(''), 'latin1')
  const perl = spawnSync('perl', ['-e', PROGRAM, String(Math.floor(ms / 1000)), secret], { input })
  assert.equal(perl.status, 0, perl.stderr.toString())
  return perl.stdout.toString('latin1').split('\n').slice(0, -1)
}
