/** Commands for Ruby, what they print and their status: by both engines, if there are two. */

const LINES = "printf 'one\\ntwo\\nthree\\n'";

/** What it is about, the command, its output, its status. */
export const RUBY_COMMANDS: readonly (readonly [string, string, string, number])[] = [
  ["arguments", "ruby -e 'p ARGV, $0' a 'b c' ''", '["a", "b c", ""]\n"-e"\n', 0],
  [
    "a script",
    `mkdir d; echo 'def twice(x) = x * 2' > d/m.rb; cat > d/s.rb <<'END'
require_relative "m"
p __FILE__, $0, twice(ARGV.size), __FILE__ == $0, DATA.read, Dir.pwd
return
p 0
__END__
data
END
ruby d/s.rb 1 2`,
    '"d/s.rb"\n"d/s.rb"\n4\ntrue\n"data\\n"\n"/workspace/ruby"\n',
    0,
  ],
  [
    "a script that is a program",
    "printf '#!/usr/bin/env ruby\\nputs ARGV' > s; chmod +x s; ./s 1 2",
    "1\n2\n",
    0,
  ],
  ["a script from a pipe", "echo 'puts 1 + 1; p ARGV' | ruby - a", '2\n["a"]\n', 0],
  [
    "a pipe on both sides",
    `${LINES} | ruby -e 'puts $stdin.map(&:upcase)' | tail -n 1`,
    "THREE\n",
    0,
  ],
  [
    "a line at a time",
    `${LINES} | ruby -ne 'puts $_ if /t/; END { puts $. }'`,
    "two\nthree\n3\n",
    0,
  ],
  ["lines that are changed", `${LINES} | ruby -pe '$_.upcase!'`, "ONE\nTWO\nTHREE\n", 0],
  ["fields", `echo 'a:b' | ruby -F: -lane 'BEGIN { puts 0 }; puts $F.reverse'`, "0\nb\na\n", 0],
  [
    "a file changed in place",
    `${LINES} > f; ruby -i.old -pe 'sub(/o/, "0")' f; cat f f.old | head -n 4`,
    "0ne\ntw0\nthree\none\n",
    0,
  ],
  ["an environment", "A='x y' ruby -e 'p ENV[\"A\"], ENV[\"none\"]'", '"x y"\nnil\n', 0],
  ["an exit status", "ruby -e 'at_exit { puts 2 }; puts 1; exit 7'", "1\n2\n", 7],
  [
    "an exception",
    "ruby -e 'def f = raise(\"bad\")\nf' 2> e; echo $?; cat e",
    "1\n-e:1:in `f': bad (RuntimeError)\n\tfrom -e:2:in `<main>'\n",
    0,
  ],
  [
    "an exception that is caught",
    "ruby -e 'begin; Integer(\"x\"); rescue => e; p e; ensure; p 1; end'",
    '#<ArgumentError: invalid value for Integer(): "x">\n1\n',
    0,
  ],
  [
    "no script",
    "ruby none.rb 2> e; echo $?; cat e",
    "1\nruby: No such file or directory -- none.rb (LoadError)\n",
    0,
  ],
  ["a wrong script", "ruby -e 'def f' > f 2>&1; echo $?; grep -c 'end-of-input' f", "1\n1\n", 0],
  ["a check alone", "ruby -c -e 'puts 1'", "Syntax OK\n", 0],
  [
    "a recursion without end",
    "ruby -e 'def f = f(); begin; f; rescue SystemStackError; p 1; end'",
    "1\n",
    0,
  ],
  [
    "fibers",
    "ruby -e 'e = Enumerator.new { |y| 3.times { y << _1 } }; p e.next, e.next, e.peek, Fiber.new { Fiber.yield 1; 2 }.then { [_1.resume, _1.resume] }'",
    "0\n1\n2\n[1, 2]\n",
    0,
  ],
  [
    "jumps",
    "ruby -e 'p catch(:x) { [1, 2].each { throw :x, _1 } }, [3, 4].each { break _1 }, proc { next 5 }.call'",
    "1\n3\n5\n",
    0,
  ],
  [
    "the garbage collector",
    "ruby -e 'a = Array.new(200_000) { |i| i.to_s }; GC.start; p a.sum(&:size), a.last'",
    '1088890\n"199999"\n',
    0,
  ],
  [
    "numbers",
    "ruby -e 'p 2**100, 7 / -2, 1.0 / 3, 10.digits, Rational(1, 3), 0.1 + 0.2'",
    "1267650600228229401496703205376\n-4\n0.3333333333333333\n[0, 1]\n(1/3)\n0.30000000000000004\n",
    0,
  ],
  [
    "text",
    'ruby -e \'p "äöü ß".upcase, "é".bytes, Encoding.default_external, "1 éa"[/\\p{L}+/]\'',
    '"ÄÖÜ SS"\n[195, 169]\n#<Encoding:UTF-8>\n"éa"\n',
    0,
  ],
  [
    "the standard library",
    `ruby -rjson -rset -rcsv -rtime -rdigest -ryaml -e 'puts JSON.generate({a: [1, nil]}), CSV.parse("a,b\\n1,2").inspect, Set[1, 1].size, Time.at(0).utc.iso8601, Digest::SHA256.hexdigest("")[0, 8], [1].to_yaml'`,
    '{"a":[1,null]}\n[["a", "b"], ["1", "2"]]\n1\n1970-01-01T00:00:00Z\ne3b0c442\n---\n- 1\n',
    0,
  ],
  [
    "a library that is a gem",
    'ruby -e \'p defined?(Gem), Gem::Version.new("1.10") > Gem::Version.new("1.9")\'',
    '"expression"\ntrue\n'.replace("expression", "constant"),
    0,
  ],
  [
    "a library that is not there",
    "ruby -e 'begin; require \"none/such\"; rescue LoadError => e; p e.path; puts e.message; end'",
    '"none/such"\ncannot load such file -- none/such\n',
    0,
  ],
  [
    "files",
    `cat > s.rb <<'END'
require "fileutils"; require "tempfile"
File.write("f", "one\\ntwo\\n"); File.open("f", "a") { |f| f.puts "three"; p f.pos }
Dir.mkdir("d"); File.rename("f", "d/g"); File.symlink("d/g", "l"); File.link("d/g", "h")
File.utime(1, 2, "h")
p File.readlines("l", chomp: true), File.readlink("l"), File.stat("h").nlink, File.mtime("h").to_i
p Dir.children(".").sort, File.directory?("d"), Dir.glob("**/*").sort, File.realpath("l")
%w[none d/g/x].each { |path| File.read(path) rescue puts $!.class }
Dir.chdir("d") { p Dir.pwd, File.size("g") }
FileUtils.rm_rf("d"); p File.exist?("l"), File.symlink?("l")
Tempfile.create { |f| f.write("x"); f.rewind; p f.read, File.dirname(f.path) }
END
ruby s.rb; ls | cat`,
    `8
["one", "two", "three"]
"d/g"
2
2
["d", "h", "l", "s.rb"]
true
["d", "d/g", "h", "l", "s.rb"]
"/workspace/ruby/d/g"
Errno::ENOENT
Errno::ENOTDIR
"/workspace/ruby/d"
14
false
true
"x"
"/tmp"
h
l
s.rb
`.replace("8\n", "14\n"),
    0,
  ],
  [
    "standard files",
    "echo in | ruby -e 'p gets, $stdin.tty?; $stderr.puts 1; STDOUT << 2' 2>&1",
    '"in\\n"\nfalse\n1\n2',
    0,
  ],
  [
    "a signal",
    "ruby -e '$stdout.sync = true; puts 1; loop {}' > f & until [ -s f ]; do sleep 0.1; done; kill $!; wait $! 2>/dev/null; echo $?",
    "143\n",
    0,
  ],
];
