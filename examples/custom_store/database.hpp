#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

/// What SQLite said when it could not do something.
class DatabaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One statement with its values, until it is destroyed. Values are bytes; nothing is text to the database.
class Query {
 public:
  template <class... Values>
  Query(sqlite3* database, sqlite3_stmt* statement, const Values&... values)
      : database_(database), statement_(statement) {
    int index = 0;
    (bind(++index, values), ...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  /// True: there is a row.
  bool next() {
    const int result = sqlite3_step(statement_);
    if (result != SQLITE_ROW && result != SQLITE_DONE) check(result);
    return result == SQLITE_ROW;
  }
  std::uint64_t number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
  }
  std::string bytes(int column) const {
    const auto* const data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return data == nullptr
               ? std::string()
               : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  void bind(int index, std::uint64_t value) {
    check(sqlite3_bind_int64(statement_, index, static_cast<sqlite3_int64>(value)));
  }
  void bind(int index, std::string_view bytes) {
    const char* const data = bytes.empty() ? "" : bytes.data();  // a null pointer would be NULL
    check(sqlite3_bind_blob64(statement_, index, data, bytes.size(), SQLITE_TRANSIENT));
  }
  void check(int result) const {
    if (result != SQLITE_OK) throw DatabaseError(sqlite3_errmsg(database_));
  }

  sqlite3* database_;
  sqlite3_stmt* statement_;
};

/// A file of SQLite. Threads: one at a time.
class Database {
 public:
  explicit Database(const std::string& file) {
    sqlite3* opened = nullptr;
    const int result = sqlite3_open(file.c_str(), &opened);
    database_.reset(opened);
    if (result != SQLITE_OK) throw DatabaseError(file + ": " + sqlite3_errstr(result));
  }

  /// Several statements without values.
  void run(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      throw DatabaseError(sqlite3_errmsg(database_.get()));
    }
  }
  /// `sql`: a literal; it is compiled once. Values take the place of ?1, ?2 …
  template <class... Values>
  Query query(const char* sql, const Values&... values) {
    return Query(database_.get(), compiled(sql), values...);
  }
  /// The same for those without rows.
  template <class... Values>
  void change(const char* sql, const Values&... values) {
    query(sql, values...).next();
  }

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  sqlite3_stmt* compiled(const char* sql) {
    auto& statement = statements_[sql];
    if (!statement) {
      sqlite3_stmt* made = nullptr;
      if (sqlite3_prepare_v2(database_.get(), sql, -1, &made, nullptr) != SQLITE_OK) {
        throw DatabaseError(sqlite3_errmsg(database_.get()));
      }
      statement.reset(made);
    }
    return statement.get();
  }

  std::unique_ptr<sqlite3, Close> database_;
  std::map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};
