# RubyGems, without a word about the gems of the module whose extensions are not in it.
require "rubygems"

Gem::BasicSpecification.prepend(Module.new { private def warn(*) = nil })
