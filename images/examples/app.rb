# A Sinatra application with a form, a redirect and a cookie: `ruby app.rb`, then open port 4567.
require "sinatra"

set :server, "puma"
enable :sessions

PAGE = <<~'HTML'
  <!doctype html>
  <title>Sinatra in a tab</title>
  <h1>Sinatra <%= Sinatra::VERSION %></h1>
  <p><%= session[:name] ? "Hello, #{ERB::Util.h(session[:name])}" : "Who are you?" %></p>
  <form method="post" action="/name"><input name="name" autofocus><button>Say</button></form>
HTML

get("/") { erb PAGE }

post "/name" do
  session[:name] = params[:name]
  redirect to("/")
end
