# A stand-in for Homebrew: runs a formula's install and test as Homebrew does, in the current folder, and links the
# programs into the prefix.
#
# usage: ruby brew.rb FORMULA PREFIX
require "fileutils"
require "open3"
require "pathname"

HOMEBREW_PREFIX = Pathname.new(File.realpath(ARGV[1]))

class Formula
  class << self
    attr_reader :said, :needs, :check
    %i[desc homepage url sha256 license].each do |name|
      define_method(name) { |value| (@said ||= {})[name] = value }
    end

    def depends_on(what)
      (@needs ||= []).concat(what.is_a?(Hash) ? what.keys : [what])
    end

    def test(&block)
      @check = block
    end
  end

  def version
    self.class.said[:url][/-([0-9.]+)\.tar/, 1]
  end

  def prefix
    HOMEBREW_PREFIX / "Cellar" / self.class.name.downcase / version
  end

  def bin
    prefix / "bin"
  end

  def std_configure_args
    ["--disable-debug", "--disable-dependency-tracking", "--prefix=#{prefix}", "--libdir=#{prefix}/lib"]
  end

  def system(*words)
    Kernel.system(*words.map(&:to_s)) or abort "failed: #{words.join(" ")}"
  end

  def shell_output(command, status = 0)
    out, result = Open3.capture2(command)
    abort "#{command}: status #{result.exitstatus}, not #{status}" unless result.exitstatus == status
    out
  end

  def assert_match(wanted, got)
    abort "no #{wanted.inspect} in #{got}" unless got.include?(wanted)
  end
end

load ARGV[0]
formula = Meshssh.new
said = Meshssh.said
abort "desc: too long" if said[:desc].length > 80
abort "sha256: not 64 digits" unless said[:sha256].match?(/\A\h{64}\z/)
formula.install
abort "caveats: none" if formula.caveats.empty?
FileUtils.mkdir_p(HOMEBREW_PREFIX / "bin")
formula.bin.children.each { |program| FileUtils.ln_s(program, HOMEBREW_PREFIX / "bin") }
formula.instance_eval(&Meshssh.check)
puts "version #{formula.version}", "needs #{Meshssh.needs.sort.join(" ")}"
