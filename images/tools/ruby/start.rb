# Read by /usr/local/bin/ruby, which is WebAssembly, before every script.
#
# RubyGems takes most of Ruby's start, and few scripts want it: the machine's Ruby has it off, and it is
# loaded when a script names Gem, or requires what is only in a gem.
autoload :Gem, "/usr/lib/tabnix/ruby/gems.rb"

module Kernel
  require = instance_method(:require)
  define_method(:require) do |path|
    require.bind_call(self, path)
  rescue LoadError => error
    raise if error.path != path || !Object.autoload?(:Gem)
    Gem
    require path
  end
  private :require
end

# These would do as if they had run something.
{
  Kernel => [:`, :exec, :fork, :spawn, :system],
  Process => [:daemon, :exec, :fork, :spawn],
  IO => [:popen],
}.each do |owner, names|
  names.each do |name|
    refuse = ->(*) do
      why = "#{name}: this Ruby has no processes; /usr/bin/ruby has them"
      raise NotImplementedError, why, caller
    end
    owner.define_singleton_method(name, &refuse)
    Kernel.send(:define_method, name, &refuse).then { Kernel.send(:private, _1) } if owner == Kernel
  end
end

# What Debian's packages and the machine's owner have for any Ruby.
$LOAD_PATH.push("/usr/local/lib/site_ruby", "/usr/lib/ruby/vendor_ruby")
